import { describe, excerpt, hasCode, isMeshError, type OutputOf, type Runtime } from "@weft/mesh";
import type * as z from "zod";
import type { control } from "../contract.ts";
import { BULK_LETTERS, BULK_TIME, type Subscriber } from "./contract.ts";
import { type Desk, type Desks, gather, isOutage, type Summary } from "./subscribers.ts";

type Replay = (typeof control)["operations"]["replayDeadLetters"];
type Order = z.output<Replay["input"]>;
type Bulk = OutputOf<Replay>;
/** Longest reason of a failure, characters. */
const MAX_REASON = 300;

type Settle = (desk: Desk, id: string) => Promise<Omit<Summary, "service">>;

/**
 * Does the same with many letters, one after the other at the given rate, until the call's limits are reached. A letter
 * that fails does not keep the others; a subscriber that does not answer is left alone for the rest of the call.
 */
export async function settleMany(
  desks: Desks,
  settle: Settle,
  { service, rate, dryRun, before: asked, ...filter }: Order,
  { now, sleep }: Pick<Runtime, "now" | "sleep">,
): Promise<Bulk> {
  const started = now();
  // What fails in this run is not tried again in it.
  const before = asked ?? new Date(started).toISOString();
  const found = await gather(desks, service, { ...filter, before, limit: BULK_LETTERS });
  const chosen = found.items.toSorted(inLogOrder).slice(0, BULK_LETTERS);
  const matched = found.total;
  const { degraded } = found;
  if (dryRun)
    return { matched, settled: 0, failed: 0, left: matched, before, items: chosen, failures: [], degraded };

  const down = new Set<Subscriber>(degraded);
  const items: Summary[] = [];
  const failures: Bulk["failures"] = [];
  let tried = 0;
  let left = matched;
  for (const { service: name, id } of chosen) {
    if (down.has(name)) continue;
    const wait = started + (tried++ * 1_000) / rate - now();
    if (started + BULK_TIME < now() + wait) break;
    if (wait > 0) await sleep(wait);
    const fail = (reason: string) =>
      failures.push({ service: name, id, reason: excerpt(reason, MAX_REASON) });
    try {
      const letter = { ...(await settle(desks(name), id)), service: name };
      items.push(letter);
      if (!isSettled(letter)) fail(letter.error);
    } catch (error) {
      if (isAway(error)) {
        down.add(name);
        continue;
      }
      if (!isGone(error)) fail(describe(error));
    }
    left--;
  }
  const settled = items.filter(isSettled).length;
  return { matched, settled, failed: failures.length, left, before, items, failures, degraded: [...down] };
}

function isSettled({ status }: Summary): boolean {
  return status === "replayed" || status === "discarded";
}

/** The subscriber, and not this one letter, is why nothing was done. */
function isAway(error: unknown): boolean {
  return isOutage(error) && !(isMeshError(error) && !error.retryable);
}

/** Somebody else has just settled it, or it was applied by itself: there is nothing left to do. */
function isGone(error: unknown): boolean {
  return hasCode(error, "DEAD_LETTER_SETTLED") || hasCode(error, "DEAD_LETTER_NOT_FOUND");
}

function inLogOrder(a: Summary, b: Summary): number {
  return a.source.localeCompare(b.source) || (a.sequence ?? 0) - (b.sequence ?? 0);
}
