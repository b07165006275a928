import { describe, log, type Scope, toMeshError } from "@weft/mesh";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";
import { isOutage } from "../dead-letters/outage.ts";
import type { Envelope } from "../log/envelope.ts";
import { newestOf, wholeOf } from "../log/open-event.ts";
import type { Projection, ProjectionSource } from "./definition.ts";
import {
  forget,
  isResting,
  isSettledSince,
  type Letter,
  letterPrefix,
  type Letters,
  lettersAfter,
  recordFailure,
} from "./failures.ts";
import { abortIf, isOvertaken, move, type Place } from "./position.ts";

/** Statements of one batch beside the two that move the cursor; an event's own are never split. */
const MAX_STATEMENTS = 100;
/** Events in memory at once whose data was too large to travel: each has up to 1 MB, and a Worker 128. */
const MAX_LARGE = 10;

/** One copy of a projection that reads one publisher's log. */
export interface Reader {
  readonly scope: Scope;
  readonly db: AnyDatabase;
  readonly projection: Projection;
  readonly source: ProjectionSource;
  readonly place: Place;
}

export interface Applied {
  /** Position after it. */
  readonly at: number;
  /** `changed`: look again, things are not as they were. `stuck`: the next event cannot be applied yet. */
  readonly ended: "done" | "changed" | "stuck";
}

/** What is to be done about one event. */
interface Plan {
  readonly event: Envelope;
  readonly statements: readonly Statement[];
  readonly error?: unknown;
  /** Id of the dead event that it stands behind. */
  readonly behind?: string | undefined;
  /** It has failed before. */
  readonly letter?: Letter | undefined;
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
  const { db, place } = reader;
  const letters = await lettersAfter(db, place, from);
  let at = from;
  for (const portion of portions(events)) {
    for (const batch of batches(plansOf(reader, await wholeEvents(reader, portion), letters))) {
      const applied = await applyBatch(reader, at, batch);
      at = applied.at;
      if (applied.ended !== "done") return applied;
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
  const cause = held ? `Not tried: it comes after ${behind}, which is dead.` : describe(error);
  const { statement, dead } = recordFailure(db, place, { event, cause, held }, letter, Date.now());
  const [guard, moved] = move(db, place, from, event.sequence);
  try {
    await db.batch(dead ? [guard, statement, moved] : [guard, statement]);
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

function portions(events: readonly Envelope[]): Envelope[][] {
  let large = 0;
  const byPortion = Map.groupBy(events, ({ dataref }) =>
    Math.floor((dataref === undefined ? large : large++) / MAX_LARGE),
  );
  return [...byPortion.values()];
}

interface Whole {
  readonly event: Envelope;
  /** Why its data cannot be had, now or later. */
  readonly error?: unknown;
}

/** Throws while the publisher cannot be asked: that is no fault of the event. */
function wholeEvents({ scope, source }: Reader, events: readonly Envelope[]): Promise<Whole[]> {
  return Promise.all(
    events.map(async (event): Promise<Whole> => {
      if (!Object.hasOwn(source.handlers, event.type)) return { event };
      try {
        return { event: await wholeOf(scope, source.contract, event) };
      } catch (error) {
        if (toMeshError(error).code === "NOT_FOUND") return { event, error };
        throw error;
      }
    }),
  );
}

function plansOf(
  { projection, source, db, place }: Reader,
  events: readonly Whole[],
  { open, discarded }: Letters,
): Plan[] {
  const prefix = letterPrefix(place);
  const failed = new Map(open.map((letter) => [letter.messageId, letter]));
  const dead = new Map(
    open.filter(({ status }) => status === "dead").map((letter) => [letter.subject, letter.messageId]),
  );
  return events.map(({ event, error: missing }): Plan => {
    const letter = failed.get(`${prefix}${event.id}`);
    if (discarded.has(event.id)) return { event, statements: [], letter };
    const behind = dead.get(event.subject);
    if (behind !== undefined) return { event, statements: [], letter, behind };
    const handler = Object.hasOwn(source.handlers, event.type) ? source.handlers[event.type] : undefined;
    if (!handler) return { event, statements: [], letter };
    if (missing !== undefined) return { event, statements: [], letter, error: missing };
    try {
      const newest = newestOf(source.contract, event) as never;
      const made = handler({ event: newest, tables: projection.tables[place.copy], write: db });
      const statements = Array.isArray(made) ? (made as Statement[]) : [made as Statement];
      return { event, statements, letter };
    } catch (error) {
      return { event, statements: [], letter, error };
    }
  });
}

/** Events that fail, or have failed, stand alone. */
function batches(plans: readonly Plan[]): Plan[][] {
  const all: Plan[][] = [];
  let current: Plan[] = [];
  let size = 0;
  const close = () => {
    if (current.length > 0) all.push(current);
    current = [];
    size = 0;
  };
  for (const plan of plans) {
    const alone = plan.error !== undefined || plan.behind !== undefined || plan.letter !== undefined;
    if (alone || size + plan.statements.length > MAX_STATEMENTS) close();
    current.push(plan);
    size += plan.statements.length;
    if (alone) close();
  }
  close();
  return all;
}
