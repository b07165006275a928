import { and, eq, type SQL, sql } from "drizzle-orm";
import { type AnyDatabase, type Statement, violation } from "../database/unit-of-work.ts";
import type { Copy } from "./definition.ts";
import { projectionCursors, projectionRebuilds } from "./schema.ts";

/** One copy of a projection, in one publisher's log. */
export interface Place {
  readonly projection: string;
  readonly copy: Copy;
  readonly source: string;
  /** The rebuild that a shadow belongs to: when it was started. */
  readonly generation?: number | undefined;
}

/** How far this copy has applied the source's log; 0 = not at all. */
export async function positionOf(db: AnyDatabase, place: Place): Promise<number> {
  const [row] = await db.select({ seq: projectionCursors.seq }).from(projectionCursors).where(at(place));
  return row?.seq ?? 0;
}

function at({ projection, copy, source }: Place): SQL | undefined {
  return and(
    eq(projectionCursors.projection, projection),
    eq(projectionCursors.copy, copy),
    eq(projectionCursors.source, source),
  );
}

/** Whether this rebuild is still the one that counts. */
export function isRunning(projection: string, generation: number): SQL {
  return sql`EXISTS (SELECT 1 FROM ${projectionRebuilds} WHERE projection = ${projection}
    AND state = 'running' AND started_at = ${generation})`;
}

/**
 * Aborts the batch that it is in if `broken` holds, for whatever reason it is no longer what its maker believed. SQLite
 * has no assertion: a row without a position is inserted, which the table does not allow.
 */
export function abortIf(db: AnyDatabase, broken: SQL): Statement {
  return db
    .insert(projectionCursors)
    .select(sql`SELECT 'guard', 'live', 'guard', NULL WHERE ${broken}`) as unknown as Statement;
}

/** The first and the last statement of a batch that takes a copy from one position to another: only one can do so. */
export function move(db: AnyDatabase, place: Place, from: number, to: number): [Statement, Statement] {
  const { projection, copy, source, generation } = place;
  const elsewhere = sql`COALESCE((SELECT seq FROM ${projectionCursors} WHERE projection = ${projection}
    AND copy = ${copy} AND source = ${source}), 0) <> ${from}`;
  const over = generation === undefined ? sql`0` : sql`NOT ${isRunning(projection, generation)}`;
  return [
    abortIf(db, sql`${elsewhere} OR ${over}`),
    db
      .insert(projectionCursors)
      .values({ projection, copy, source, seq: to })
      .onConflictDoUpdate({
        target: [projectionCursors.projection, projectionCursors.copy, projectionCursors.source],
        set: { seq: to },
      }),
  ];
}

/** Whether a batch failed because somebody else was faster. */
export function isOvertaken(error: unknown): boolean {
  return violation(error)?.includes("projection_cursors.seq") ?? false;
}
