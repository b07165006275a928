import { type Column, type SQL, sql } from "drizzle-orm";

/** `column IN (…)` with one parameter however many texts: D1 takes 100 parameters at most. */
export function oneOf(column: Column, texts: readonly string[]): SQL {
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(texts)}))`;
}
