import { and, eq, sql } from "drizzle-orm";
import { cursors } from "./schema.ts";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";

export type Cursor = Omit<typeof cursors.$inferSelect, "source">;

/** Wait before an event that cannot be applied is tried again: doubles with each failure, ms. */
const FIRST_RETRY = 30_000;
const LONGEST_RETRY = 15 * 60_000;

/** Where this service stands in a publisher's log. */
export async function cursorOf(db: AnyDatabase, source: string): Promise<Cursor> {
  const [row] = await db.select().from(cursors).where(eq(cursors.source, source));
  return row ?? { seq: 0, looked: 0, failures: 0, retryAt: 0 };
}

/** An event before `looked` could not be applied yet. */
export function isStuck({ seq, looked }: Cursor): boolean {
  return looked > seq;
}

/** For whoever has dealt with all events up to `seq` and tried all up to `looked`. A slower reader never takes the cursor back. */
export function advanceTo(db: AnyDatabase, source: string, seq: number, looked = seq): Statement {
  return db
    .insert(cursors)
    .values({ source, seq, looked })
    .onConflictDoUpdate({
      target: cursors.source,
      set: {
        seq: sql`max(${cursors.seq}, excluded.seq)`,
        looked: sql`max(${cursors.looked}, excluded.looked)`,
      },
    });
}

/** For whoever has seen this event alone, as queues deliver in any order: moves only if it was the next one. */
export function stepTo(db: AnyDatabase, source: string, seq: number): Statement {
  if (seq === 1) return advanceTo(db, source, 1);
  return db
    .update(cursors)
    .set({ seq })
    .where(and(eq(cursors.source, source), eq(cursors.seq, seq - 1)));
}

/** What was stuck may have been settled: the next cron run looks again. */
export function lookAgain(db: AnyDatabase, source: string): Statement {
  return db.update(cursors).set({ retryAt: 0 }).where(eq(cursors.source, source));
}

/** Notes how often what is stuck was tried in vain, and when it is worth another try. */
export function noteFailures(db: AnyDatabase, source: string, failures: number, now: number): Statement {
  const wait = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** (failures - 1));
  return db
    .update(cursors)
    .set({ failures, retryAt: failures === 0 ? 0 : now + wait })
    .where(eq(cursors.source, source));
}
