import { describe, log } from "@weft/mesh";
import { and, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { AnyDatabase } from "../database/unit-of-work.ts";

export const DAY = 24 * 60 * 60_000;
/**
 * How long it is remembered what was dealt with, ms. Longer than anything can come back by itself: a queue keeps a
 * message for 14 days at most, and so does the dead-letter queue behind it.
 * https://developers.cloudflare.com/queues/platform/limits/
 */
export const MEMORY = 30 * DAY;

/** Rows in one statement, and statements in one run: nobody waits long for the database, and a run ends. */
const BATCH = 500;
const BATCHES = 20;

const rowid = sql`rowid`;

export interface Trim {
  readonly table: SQLiteTable;
  /** Rows of this kind and all that were inserted after the first of them stay. */
  readonly stopAt: SQL;
  /** Of the older ones, those that may go; default all. */
  readonly which?: SQL | undefined;
}

/**
 * Deletes a table's oldest rows in small batches. The oldest are those that were inserted first, so no index is needed:
 * what is read is what is deleted, and what is old and stays. Never throws: the next run goes on.
 */
export async function trim(db: AnyDatabase, { table, stopAt, which }: Trim): Promise<void> {
  try {
    const [first] = await db
      .select({ at: sql<number>`rowid` })
      .from(table)
      .where(stopAt)
      .orderBy(rowid)
      .limit(1);
    // Where all was old there may be something new by now.
    const older = first ? sql`rowid < ${first.at}` : sql`NOT (${stopAt})`;
    for (let batch = 0; batch < BATCHES; batch++) {
      const oldest = db
        .select({ at: sql`rowid` })
        .from(table)
        .where(and(older, which))
        .orderBy(rowid)
        .limit(BATCH);
      const gone = await db
        .delete(table)
        .where(sql`rowid IN ${oldest}`)
        .returning({ at: sql`rowid` });
      if (gone.length < BATCH) return;
    }
  } catch (error) {
    log("warn", "retention", { cause: describe(error) });
  }
}
