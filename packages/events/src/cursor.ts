import { and, eq, sql } from "drizzle-orm";
import { cursors } from "./schema.ts";
import type { AnyDatabase, Statement } from "./unit-of-work.ts";

/** Everything up to this position of the publisher's log has been dealt with; 0 at the start. */
export async function cursorOf(db: AnyDatabase, source: string): Promise<number> {
  const [row] = await db.select({ seq: cursors.seq }).from(cursors).where(eq(cursors.source, source));
  return row?.seq ?? 0;
}

/** For whoever has seen all events up to `seq`. A slower reader never takes the cursor back. */
export function advanceTo(db: AnyDatabase, source: string, seq: number): Statement {
  return db
    .insert(cursors)
    .values({ source, seq })
    .onConflictDoUpdate({ target: cursors.source, set: { seq: sql`max(${cursors.seq}, excluded.seq)` } });
}

/** For whoever has seen this event alone, as queues deliver in any order: moves only if it was the next one. */
export function stepTo(db: AnyDatabase, source: string, seq: number): Statement {
  if (seq === 1) return advanceTo(db, source, 1);
  return db
    .update(cursors)
    .set({ seq })
    .where(and(eq(cursors.source, source), eq(cursors.seq, seq - 1)));
}
