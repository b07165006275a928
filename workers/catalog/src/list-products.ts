import { fullTextIndex, search } from "@weft/events/search";
import { afterCursor, toPage } from "@weft/mesh";
import { asc, gt } from "drizzle-orm";
import * as z from "zod";
import type { Product } from "./contract.ts";
import type { Database } from "./database.ts";
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

/** Over names and descriptions. */
const index = fullTextIndex("products_search");

const IdKey = z.tuple([z.string()]);

/** All products by id, or those that match `query`, best first; none if it has no word in it. Rejects with VALIDATION_FAILED for another list's cursor. */
export async function listProducts(db: Database, list: ProductList): Promise<Page> {
  const query = list.query?.trim();
  if (!query) return listAll(db, list);
  const { rows, nextCursor } = await search(db, { ...list, query, index, rows: products });
  return { items: rows.map(toProduct), nextCursor };
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
