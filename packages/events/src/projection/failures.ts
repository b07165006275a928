import { and, asc, eq, gt, gte, inArray, lt, lte, or, type SQL, sql } from "drizzle-orm";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";
import { deadLetters, type Failure } from "../dead-letters/schema.ts";
import type { Envelope } from "../log/envelope.ts";
import type { Place } from "./position.ts";

/** An event that fails so often is passed over, and with it the later events of its subject. */
const MAX_TRIES = 3;
/** Wait before another try: this long for each failure, ms. */
const RETRY_AFTER = 10_000;

export type Letter = typeof deadLetters.$inferSelect;

const isOpen = inArray(deadLetters.status, ["failing", "dead"]);

/** Each copy of each projection fails for itself. Ends with ":", which no name has in it. */
export function letterPrefix({ projection, copy }: Pick<Place, "projection" | "copy">): string {
  return copy === "live" ? `${projection}:` : `${projection}/${copy}:`;
}

/** The letters of one copy of a projection. */
export function lettersOf(place: Pick<Place, "projection" | "copy">) {
  const prefix = letterPrefix(place);
  return and(
    gte(deadLetters.messageId, prefix),
    // ";" is the character after ":".
    lt(deadLetters.messageId, `${prefix.slice(0, -1)};`),
  );
}

export interface Letters {
  /** What this copy could not apply, and nobody has settled yet. */
  readonly open: readonly Letter[];
  /** Ids of the events that an operator has discarded: they are passed over, by the live copy and by rebuilds. */
  readonly discarded: ReadonlySet<string>;
}

/** What is known of a source's events: all that is open, and what was discarded after a position. */
export async function lettersAfter(db: AnyDatabase, place: Place, position: number): Promise<Letters> {
  const live = { projection: place.projection, copy: "live" } as const;
  const isDiscarded = and(eq(deadLetters.status, "discarded"), gt(deadLetters.sequence, position));
  const rows = await db
    .select()
    .from(deadLetters)
    .where(
      and(
        eq(deadLetters.source, place.source),
        or(and(lettersOf(place), isOpen), and(or(lettersOf(place), lettersOf(live)), isDiscarded)),
      ),
    );
  const isSettled = ({ status }: Letter) => status === "discarded";
  return {
    open: rows.filter((letter) => !isSettled(letter)),
    discarded: new Set(rows.filter(isSettled).map(({ messageId }) => eventIdOf(messageId))),
  };
}

/** Those of one subject that are open, up to a position: the oldest ones, in their order. */
export function lettersOfSubject(
  db: AnyDatabase,
  place: Place,
  subject: string | null,
  position: number,
  limit: number,
): Promise<Letter[]> {
  return db
    .select()
    .from(deadLetters)
    .where(
      and(
        eq(deadLetters.source, place.source),
        lettersOf(place),
        isOpen,
        subject === null ? undefined : eq(deadLetters.subject, subject),
        lte(deadLetters.sequence, position),
      ),
    )
    .orderBy(asc(deadLetters.sequence))
    .limit(limit);
}

function eventIdOf(messageId: string): string {
  return messageId.slice(messageId.indexOf(":") + 1);
}

/** Whether an event that failed before is not to be tried yet. */
export function isResting({ attempts, lastFailedAt, status }: Letter, now: number): boolean {
  return status === "failing" && now < lastFailedAt + RETRY_AFTER * attempts;
}

export interface Failed {
  readonly event: Envelope;
  readonly cause: string;
  /** It has never been tried, for an earlier event of its subject is dead. */
  readonly held: boolean;
}

/** Writes a failure down; `dead` says that it was the last one. */
export function recordFailure(
  db: AnyDatabase,
  place: Place,
  { event, cause, held }: Failed,
  before: Letter | undefined,
  now: number,
): { statement: Statement; dead: boolean } {
  const attempts = held ? 0 : (before?.attempts ?? 0) + 1;
  const dead = held || attempts >= MAX_TRIES;
  const failure: Failure = { at: now, via: "log", error: cause };
  const news = {
    status: dead ? ("dead" as const) : ("failing" as const),
    attempts,
    failures: [...(before?.failures ?? []), failure],
    lastFailedAt: now,
  };
  const statement = db
    .insert(deadLetters)
    .values({
      id: crypto.randomUUID(),
      source: event.source,
      messageId: `${letterPrefix(place)}${event.id}`,
      type: event.type,
      subject: event.subject,
      sequence: event.sequence,
      body: event,
      firstFailedAt: now,
      ...news,
    })
    .onConflictDoUpdate({
      target: [deadLetters.source, deadLetters.messageId],
      set: news,
      // An operator may have discarded it meanwhile.
      setWhere: isOpen,
    });
  return { statement, dead };
}

/** Whether an operator has settled a letter since it was read. */
export function isSettledSince({ id }: Letter): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM ${deadLetters} WHERE id = ${id} AND status IN ('failing', 'dead'))`;
}

/** For an event that could be applied after all. */
export function forget(db: AnyDatabase, { id }: Letter): Statement {
  return db.delete(deadLetters).where(eq(deadLetters.id, id));
}

/** A rebuild begins without failures. */
export function dropShadowLetters(db: AnyDatabase, projection: string): Statement {
  return db.delete(deadLetters).where(lettersOf({ projection, copy: "shadow" }));
}

/**
 * After a swap: what the rebuild could apply is settled, and what it could not is now what the live copy lacks. What was
 * discarded stays so.
 */
export function swapLetters(db: AnyDatabase, projection: string, now: number): [Statement, ...Statement[]] {
  const live = { projection, copy: "live" } as const;
  const shadow = { projection, copy: "shadow" } as const;
  /** The message id that a letter of one copy has in the other. */
  const idIn = (copy: typeof live | typeof shadow, of: typeof live | typeof shadow) =>
    sql`${letterPrefix(copy)} || substr(${deadLetters.messageId}, ${letterPrefix(of).length + 1})`;
  const exists = (id: SQL, which = sql`1`) =>
    sql`EXISTS (SELECT 1 FROM dead_letters AS other WHERE other.source = ${deadLetters.source}
      AND other.message_id = ${id} AND ${which})`;
  return [
    db
      .delete(deadLetters)
      .where(and(lettersOf(shadow), exists(idIn(live, shadow), sql`other.status = 'discarded'`))),
    db
      .update(deadLetters)
      .set({ status: "replayed", reason: "The projection was rebuilt.", settledAt: now })
      .where(and(lettersOf(live), isOpen)),
    db.delete(deadLetters).where(and(lettersOf(live), exists(idIn(shadow, live)))),
    db
      .update(deadLetters)
      .set({ messageId: idIn(live, shadow) as never })
      .where(lettersOf(shadow)),
  ];
}
