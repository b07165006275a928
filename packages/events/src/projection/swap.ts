import { and, eq, getTableName, sql } from "drizzle-orm";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";
import type { Projection } from "./definition.ts";
import { swapLetters } from "./failures.ts";
import { abortIf, isOvertaken, isRunning } from "./position.ts";
import { projectionCursors, projectionRebuilds } from "./schema.ts";

/**
 * Makes the shadow what is read, in one batch: whoever reads sees one of the two, whole. False if the shadow is behind
 * in any log, since answers must not go back, or if the rebuild is over.
 */
export async function swap(
  db: AnyDatabase,
  projection: Projection,
  generation: number,
  now: number,
): Promise<boolean> {
  const { name, tables } = projection;
  const behind = sql`EXISTS (SELECT 1 FROM ${projectionCursors} AS l
    LEFT JOIN ${projectionCursors} AS s ON s.projection = l.projection AND s.source = l.source AND s.copy = 'shadow'
    WHERE l.projection = ${name} AND l.copy = 'live' AND l.seq > COALESCE(s.seq, 0))`;
  const copy = (which: "live" | "shadow") =>
    and(eq(projectionCursors.projection, name), eq(projectionCursors.copy, which));
  try {
    await db.batch([
      abortIf(db, sql`NOT ${isRunning(name, generation)} OR ${behind}`),
      ...Object.entries(tables.live).flatMap(([key, live]) => {
        const shadow = tables.shadow[key];
        return shadow ? exchange(db, getTableName(live), getTableName(shadow)) : [];
      }),
      db.delete(projectionCursors).where(copy("live")),
      db.update(projectionCursors).set({ copy: "live" }).where(copy("shadow")),
      ...swapLetters(db, name, now),
      db
        .update(projectionRebuilds)
        .set({ state: "done", updatedAt: now, error: null })
        .where(eq(projectionRebuilds.projection, name)),
      // By name, and the name is now that of the old tables.
      ...Object.values(tables.shadow).map((table) => db.delete(table)),
    ]);
    return true;
  } catch (error) {
    if (isOvertaken(error)) return false;
    throw error;
  }
}

function exchange(db: AnyDatabase, one: string, other: string): Statement[] {
  const aside = `${one}_aside`;
  const rename = (from: string, to: string) =>
    db.run(sql`ALTER TABLE ${sql.identifier(from)} RENAME TO ${sql.identifier(to)}`);
  return [rename(one, aside), rename(other, one), rename(aside, other)];
}
