import type { OutputOf, Runtime } from "@weft/mesh";
import type * as z from "zod";
import type { control } from "../contract.ts";
import { BULK_LETTERS, BULK_TIME, type Subscriber } from "./contract.ts";
import { type Desk, type Desks, gather, isOutage, type Summary } from "./subscribers.ts";

type Replay = (typeof control)["operations"]["replayDeadLetters"];
type Order = z.output<Replay["input"]>;
type Bulk = OutputOf<Replay>;
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
  if (dryRun)
    return { matched, settled: 0, failed: 0, left: matched, before, items: chosen, degraded: found.degraded };

  const down = new Set<Subscriber>(found.degraded);
  const items: Summary[] = [];
  for (const { service: name, id } of chosen) {
    if (down.has(name)) continue;
    const wait = started + (items.length * 1_000) / rate - now();
    if (started + BULK_TIME < now() + wait) break;
    if (wait > 0) await sleep(wait);
    try {
      items.push({ ...(await settle(desks(name), id)), service: name });
    } catch (error) {
      // Somebody else may just have settled it; it is not for this call to do any more.
      if (isOutage(error)) down.add(name);
    }
  }
  const settled = items.filter(({ status }) => status === "replayed" || status === "discarded").length;
  const failed = items.length - settled;
  return { matched, settled, failed, left: matched - items.length, before, items, degraded: [...down] };
}

function inLogOrder(a: Summary, b: Summary): number {
  return a.source.localeCompare(b.source) || (a.sequence ?? 0) - (b.sequence ?? 0);
}
