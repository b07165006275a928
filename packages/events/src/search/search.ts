import { afterCursor, toPage } from "@weft/mesh";
import { and, asc, eq, type InferSelectModel, sql } from "drizzle-orm";
import { integer, real, type SQLiteColumn, type SQLiteTable, sqliteTable } from "drizzle-orm/sqlite-core";
import * as z from "zod";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { matchExpression } from "./match-expression.ts";

/** An FTS5 table as it is searched. It is made by a migration of its own: drizzle-kit cannot generate virtual tables. */
export const fullTextIndex = (name: string) =>
  sqliteTable(name, {
    key: integer("rowid").notNull(),
    /** bm25 with the weights set in the migration; the best match is the lowest. */
    rank: real("rank").notNull(),
  });

/** Rows by their numbers in an index. */
type Searched = SQLiteTable & { readonly key: SQLiteColumn; readonly id: SQLiteColumn };

export interface Search<T extends Searched> {
  readonly index: ReturnType<typeof fullTextIndex>;
  readonly rows: T;
  readonly query: string;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const Key = z.tuple([z.number(), z.string()]);

/**
 * Rows that match what a customer typed, best first, equally good ones by id; none if it has no word in it. Throws
 * VALIDATION_FAILED for another list's cursor.
 */
export async function search<T extends Searched>(
  db: AnyDatabase,
  { index, rows, query, limit, cursor }: Search<T>,
): Promise<{ rows: InferSelectModel<T>[]; nextCursor: string | null }> {
  const match = matchExpression(query);
  if (match === undefined) return { rows: [], nextCursor: null };
  const after = afterCursor(cursor, Key);
  const found = (await db
    .select({ row: rows as SQLiteTable, rank: index.rank })
    .from(index)
    .innerJoin(rows, eq(rows.key, index.key))
    .where(
      and(
        sql`${index} MATCH ${match}`,
        after && sql`(${index.rank}, ${rows.id}) > (${after[0]}, ${after[1]})`,
      ),
    )
    .orderBy(asc(index.rank), asc(rows.id))
    .limit(limit + 1)) as unknown as { row: InferSelectModel<T> & { id: string }; rank: number }[];
  const page = toPage(found, limit, ({ rank, row }) => [rank, row.id]);
  return { rows: page.rows.map(({ row }) => row), nextCursor: page.nextCursor };
}
