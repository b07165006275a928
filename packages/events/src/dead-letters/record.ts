import { describe, excerpt, log } from "@weft/mesh";
import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";
import { oneOf } from "../database/one-of.ts";
import { unlessApplied } from "../subscription/unless-applied.ts";
import { MEMORY } from "../retention/trim.ts";
import type { Letter } from "./letter.ts";
import { deadLetters, type Failure } from "./schema.ts";

/**
 * A message that has failed so often for a reason of its own is dead. A queue tells how often it has delivered one, but
 * not why that failed, and a log goes on giving out an event for ever.
 */
const OWN_FAILURES = 6;
/** An outage that lasts so long is one in name only, ms. */
const LONGEST_OUTAGE = 24 * 60 * 60_000;
/** For whoever decides by another rule when a message is dead. */
export const NEVER = Number.MAX_SAFE_INTEGER;
/** Failures that are kept of each letter, the newest. */
const KEPT_FAILURES = 20;
/** Longest error text that is kept, characters. */
const MAX_ERROR = 2_000;
/** Settled letters that one run drops. */
const PURGED = 500;

const OPEN = ["failing", "dead"] as const;
const isOpen = inArray(deadLetters.status, OPEN);

export function isMessage({ source, messageId }: Pick<Letter, "source" | "messageId">): SQL | undefined {
  return and(eq(deadLetters.source, source), eq(deadLetters.messageId, messageId));
}

/**
 * Notes a failed attempt; the letter is dead after so many that were no outage, which whoever tries may decide. Nothing
 * is noted of what has been applied or settled meanwhile. Gives the letter's status, if it has one.
 */
export function recordFailure(
  db: AnyDatabase,
  letter: Letter,
  { at, via, error, outage = false }: Failure,
  given = OWN_FAILURES,
) {
  const failure = JSON.stringify({ at, via, error: excerpt(error, MAX_ERROR), ...(outage && { outage }) });
  const isLast = outage
    ? sql`${deadLetters.firstFailedAt} <= ${at - LONGEST_OUTAGE}`
    : sql`(SELECT count(*) FROM json_each(${deadLetters.failures}) WHERE value ->> 'outage' IS NULL) + 1 >= ${given}`;
  const status = given <= 1 ? "dead" : "failing";
  return db
    .insert(deadLetters)
    .select(rowUnlessApplied(letter, { status, attempts: 1, failure, at }))
    .onConflictDoUpdate({
      target: [deadLetters.source, deadLetters.messageId],
      set: {
        attempts: sql`${deadLetters.attempts} + 1`,
        // One comes, so one has to go at most.
        failures: sql`json_remove(json_insert(${deadLetters.failures}, '$[#]', json(${failure})),
          CASE WHEN json_array_length(${deadLetters.failures}) >= ${KEPT_FAILURES} THEN '$[0]' ELSE '$[999]' END)`,
        lastFailedAt: at,
        status: sql`CASE WHEN ${isLast} THEN 'dead' ELSE ${deadLetters.status} END`,
      },
      setWhere: isOpen,
    })
    .returning({ status: deadLetters.status });
}

/** The queue has given a message up: it is dead, unless it was applied or settled in another way. */
export function giveUp(db: AnyDatabase, letter: Letter, at: number): Statement {
  const error = "The queue gave it up; why each attempt failed is in the logs alone.";
  return db
    .insert(deadLetters)
    .select(
      rowUnlessApplied(letter, {
        status: "dead",
        attempts: 0,
        failure: JSON.stringify({ at, via: "queue", error }),
        at,
      }),
    )
    .onConflictDoUpdate({
      target: [deadLetters.source, deadLetters.messageId],
      set: { status: "dead" },
      setWhere: eq(deadLetters.status, "failing"),
    }) as unknown as Statement;
}

/** Whether all that has ever failed of a message, as far as is known, was something else. */
export async function isKeptByOutage(db: AnyDatabase, letter: Letter): Promise<boolean> {
  const [row] = await db
    .select({ failures: deadLetters.failures })
    .from(deadLetters)
    .where(and(isMessage(letter), eq(deadLetters.status, "failing")));
  return row?.failures.every(({ outage }) => outage) ?? false;
}

/** Those of the events that wait for an operator. */
export async function deadIds(db: AnyDatabase, source: string, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db
    .select({ id: deadLetters.messageId })
    .from(deadLetters)
    .where(
      and(eq(deadLetters.source, source), oneOf(deadLetters.messageId, ids), eq(deadLetters.status, "dead")),
    );
  return new Set(rows.map(({ id }) => id));
}

/** For the batch that applies a message after all. */
export function forget(db: AnyDatabase, source: string, messageId: string): Statement {
  return db.delete(deadLetters).where(and(isMessage({ source, messageId }), isOpen)) as unknown as Statement;
}

/** For the batch in which an operator's decision takes effect. */
export function settle(
  db: AnyDatabase,
  id: string,
  status: "replayed" | "discarded",
  at: number,
  reason: string | null = null,
): Statement {
  return db
    .update(deadLetters)
    .set({ status, reason, settledAt: at })
    .where(and(eq(deadLetters.id, id), isOpen)) as unknown as Statement;
}

/** Drops those letters that were settled long ago. Never throws: the next run drops them as well. */
export async function purge(db: AnyDatabase, which: SQL, now: number): Promise<void> {
  const old = db
    .select({ id: deadLetters.id })
    .from(deadLetters)
    .where(
      and(
        which,
        inArray(deadLetters.status, ["replayed", "discarded"]),
        sql`${deadLetters.settledAt} < ${now - MEMORY}`,
      ),
    )
    .limit(PURGED);
  try {
    await db.delete(deadLetters).where(inArray(deadLetters.id, old));
  } catch (error) {
    log("warn", "dead-letters", { cause: describe(error) });
  }
}

interface First {
  status: "failing" | "dead";
  attempts: number;
  failure: string;
  at: number;
}

/** A failure may be noted at the moment at which another attempt succeeds: the inbox knows better. */
function rowUnlessApplied(letter: Letter, { status, attempts, failure, at }: First): SQL {
  const { source, messageId, type, subject, sequence, body } = letter;
  return sql`SELECT ${crypto.randomUUID()}, ${source}, ${messageId}, ${type}, ${subject}, ${sequence},
    ${JSON.stringify(body)}, ${status}, ${attempts}, json_array(json(${failure})), NULL, ${at}, ${at}, NULL
    WHERE ${unlessApplied(source, messageId)}`;
}
