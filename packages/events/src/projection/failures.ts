import { and, eq, gte, inArray, lt, sql } from "drizzle-orm";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";
import { deadLetters, type Failure } from "../dead-letters/schema.ts";
import type { Envelope } from "../log/envelope.ts";
import type { Place } from "./position.ts";

/** An event that fails so often is passed over, and with it the later events of its subject. */
const MAX_TRIES = 3;
/** Wait before another try: this long for each failure, ms. */
const RETRY_AFTER = 10_000;

export type Letter = typeof deadLetters.$inferSelect;

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

/** What this copy could not apply of a source and nobody has settled yet. */
export async function openLetters(db: AnyDatabase, place: Place): Promise<Letter[]> {
  return db
    .select()
    .from(deadLetters)
    .where(
      and(
        eq(deadLetters.source, place.source),
        lettersOf(place),
        inArray(deadLetters.status, ["failing", "dead"]),
      ),
    );
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
    .onConflictDoUpdate({ target: [deadLetters.source, deadLetters.messageId], set: news });
  return { statement, dead };
}

/** For an event that could be applied after all. */
export function forget(db: AnyDatabase, { id }: Letter): Statement {
  return db.delete(deadLetters).where(eq(deadLetters.id, id));
}

/** A rebuild begins without failures. */
export function dropShadowLetters(db: AnyDatabase, projection: string): Statement {
  return db.delete(deadLetters).where(lettersOf({ projection, copy: "shadow" }));
}

/** After a swap: what the rebuild could apply is settled, and what it could not is now what the live copy lacks. */
export function swapLetters(db: AnyDatabase, projection: string, now: number): [Statement, ...Statement[]] {
  const live = { projection, copy: "live" } as const;
  const from = letterPrefix({ projection, copy: "shadow" });
  const renamed = sql`${letterPrefix(live)} || substr(${deadLetters.messageId}, ${from.length + 1})`;
  return [
    db
      .update(deadLetters)
      .set({ status: "replayed", reason: "The projection was rebuilt.", settledAt: now })
      .where(and(lettersOf(live), inArray(deadLetters.status, ["failing", "dead"]))),
    db.delete(deadLetters).where(
      and(
        lettersOf(live),
        sql`EXISTS (SELECT 1 FROM dead_letters AS s WHERE s.source = ${deadLetters.source}
          AND s.message_id = ${from} || substr(${deadLetters.messageId}, ${letterPrefix(live).length + 1}))`,
      ),
    ),
    db
      .update(deadLetters)
      .set({ messageId: renamed as never })
      .where(lettersOf({ projection, copy: "shadow" })),
  ];
}
