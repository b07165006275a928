import { afterCursor, toPage } from "@weft/mesh";
import { and, asc, eq, gt, sql } from "drizzle-orm";
import { integer, real, sqliteTable } from "drizzle-orm/sqlite-core";
import * as z from "zod";
import type { Product } from "./contract.ts";
import type { Database } from "./database.ts";
import { matchExpression } from "./match-expression.ts";
import { toProduct } from "./products.ts";
import { products } from "./schema.ts";

export interface ProductList {
  query?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

interface Page {
  items: Product[];
  nextCursor: string | null;
}

/** The FTS5 table over names and descriptions. Not in schema.ts: drizzle-kit cannot generate virtual tables. */
const searchIndex = sqliteTable("products_search", {
  key: integer("rowid").notNull(),
  /** bm25 with the weights set in the migration; the best match is the lowest. */
  rank: real("rank").notNull(),
});

const IdKey = z.tuple([z.string()]);
const RankKey = z.tuple([z.number(), z.string()]);

/** All products by id, or those that match `query`, best first; none if it has no word in it. Rejects with VALIDATION_FAILED for another list's cursor. */
export async function listProducts(db: Database, list: ProductList): Promise<Page> {
  const query = list.query?.trim();
  if (!query) return listAll(db, list);
  const match = matchExpression(query);
  return match === undefined ? { items: [], nextCursor: null } : search(db, match, list);
}

async function listAll(db: Database, { limit, cursor }: ProductList): Promise<Page> {
  const after = afterCursor(cursor, IdKey);
  const found = await db
    .select()
    .from(products)
    .where(after && gt(products.id, after[0]))
    .orderBy(asc(products.id))
    .limit(limit + 1);
  const { rows, nextCursor } = toPage(found, limit, ({ id }) => [id]);
  return { items: rows.map(toProduct), nextCursor };
}

async function search(db: Database, match: string, { limit, cursor }: ProductList): Promise<Page> {
  const after = afterCursor(cursor, RankKey);
  const found = await db
    .select({ product: products, rank: searchIndex.rank })
    .from(searchIndex)
    .innerJoin(products, eq(products.key, searchIndex.key))
    .where(
      and(
        sql`products_search MATCH ${match}`,
        after && sql`(${searchIndex.rank}, ${products.id}) > (${after[0]}, ${after[1]})`,
      ),
    )
    .orderBy(asc(searchIndex.rank), asc(products.id))
    .limit(limit + 1);
  const { rows, nextCursor } = toPage(found, limit, ({ rank, product }) => [rank, product.id]);
  return { items: rows.map(({ product }) => toProduct(product)), nextCursor };
}
