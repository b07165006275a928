import { describe, log, systemRuntime } from "@weft/mesh";
import { isOutage } from "../dead-letters/outage.ts";
import type { Envelope } from "../log/envelope.ts";
import { forget, isResting, isSettledSince, lettersAfter, recordFailure } from "./failures.ts";
import { batches, type Plan, plansOf, portions, wholeEvents } from "./plan.ts";
import { abortIf, isOvertaken, move } from "./position.ts";
import type { Reader } from "./reader.ts";

export interface Applied {
  /** Position after it. */
  readonly at: number;
  /** `changed`: look again, things are not as they were. `stuck`: the next event cannot be applied yet. */
  readonly ended: "done" | "changed" | "stuck";
}

/**
 * Applies events that follow each other in the log, beginning after `from`: as many as fit in one batch, which also
 * moves the cursor. If a batch fails, its events are applied one by one. Throws when the database is away, or the
 * publisher that has the data of an event too large to travel.
 */
export async function applyEvents(
  reader: Reader,
  from: number,
  events: readonly Envelope[],
): Promise<Applied> {
  const { db, place, rest } = reader;
  const letters = await lettersAfter(db, place, from);
  let at = from;
  for (const portion of portions(events)) {
    for (const batch of batches(plansOf(reader, await wholeEvents(reader, portion), letters))) {
      const applied = await applyBatch(reader, at, batch);
      at = applied.at;
      if (applied.ended !== "done") return applied;
      if (rest !== undefined) await systemRuntime.sleep(rest);
    }
  }
  return { at, ended: "done" };
}

async function applyBatch(reader: Reader, from: number, batch: readonly Plan[]): Promise<Applied> {
  const [first] = batch;
  if (!first) return { at: from, ended: "done" };
  if (batch.length === 1) return applyOne(reader, from, first);
  const to = batch.at(-1)?.event.sequence ?? from;
  const [guard, moved] = move(reader.db, reader.place, from, to);
  try {
    await reader.db.batch([guard, ...batch.flatMap(({ statements }) => statements), moved]);
    return { at: to, ended: "done" };
  } catch (error) {
    if (isOvertaken(error)) return { at: from, ended: "changed" };
  }
  // One of them is to blame.
  let at = from;
  for (const plan of batch) {
    const applied = await applyOne(reader, at, plan);
    if (applied.ended !== "done") return applied;
    at = applied.at;
  }
  return { at, ended: "done" };
}

async function applyOne(reader: Reader, from: number, plan: Plan): Promise<Applied> {
  const { db, place } = reader;
  const { event, letter } = plan;
  if (letter && isResting(letter, Date.now())) return { at: from, ended: "stuck" };
  if (plan.error !== undefined || plan.behind !== undefined) return fail(reader, from, plan);
  const [guard, moved] = move(db, place, from, event.sequence);
  try {
    const settling = letter ? [abortIf(db, isSettledSince(letter)), forget(db, letter)] : [];
    await db.batch([guard, ...plan.statements, ...settling, moved]);
    return { at: event.sequence, ended: "done" };
  } catch (error) {
    if (isOvertaken(error)) return { at: from, ended: "changed" };
    if (isOutage(error)) throw error;
    return fail(reader, from, { ...plan, error });
  }
}

/** Writes the failure down; after the last one the cursor passes, so that nobody else's events wait for ever. */
async function fail(
  { scope: { service }, db, place }: Reader,
  from: number,
  { event, error, behind, letter }: Plan,
): Promise<Applied> {
  const held = behind !== undefined;
  const cause = held ? `Not tried: it comes after ${behind.messageId}, which is dead.` : describe(error);
  const { statement, dead } = recordFailure(db, place, { event, cause, held }, letter, Date.now());
  const [guard, moved] = move(db, place, from, event.sequence);
  try {
    const stillBehind = held ? [abortIf(db, isSettledSince(behind))] : [];
    await db.batch(dead ? [guard, ...stillBehind, statement, moved] : [guard, statement]);
  } catch (thrown) {
    if (isOvertaken(thrown)) return { at: from, ended: "changed" };
    throw thrown;
  }
  log("error", "projection", {
    service,
    projection: place.projection,
    copy: place.copy,
    event: event.id,
    source: event.source,
    type: event.type,
    subject: event.subject,
    sequence: event.sequence,
    outcome: dead ? "dead" : "failed",
    cause,
  });
  if (!dead) return { at: from, ended: "stuck" };
  // Its subject's later events have been planned as if it lived.
  return { at: event.sequence, ended: held ? "done" : "changed" };
}
