import { catalog, type Product } from "@shop/catalog/contract";
import { type Envelope, project, projection, type Writer } from "@weft/events";
import { fullTextIndex, search } from "@weft/events/search";
import type { OutputOf } from "@weft/mesh";
import { eq, sql } from "drizzle-orm";
import type { views } from "./contract.ts";
import type { Database } from "./database.ts";
import { productView } from "./schema.ts";
import { searchTables } from "./search-tables.ts";

type Tables = (typeof searchTables)["live"];
type Facts = Omit<Product, "id"> & { productId: string };

/** What is for sale, to be searched. */
export const productsProjection = projection<Tables>({
  name: "products",
  tables: searchTables,
  order: "subject",
  from: [
    project(catalog, {
      "product.added": ({ event, tables, write }) => know(write, tables, event),
      "product.changed": ({ event, tables, write }) => know(write, tables, event),
    }),
  ],
});

/** An event has all of its product, so the newest one is what counts. */
function know(
  write: Writer,
  { productView, productSearch }: Tables,
  { data: { productId, name, description, price } }: Envelope<string, Facts>,
) {
  const facts = { name, description, priceAmount: price.amount, priceCurrency: price.currency };
  const key = sql`(SELECT key FROM ${productView} WHERE product_id = ${productId})`;
  return [
    write
      .insert(productView)
      .values({ id: productId, ...facts })
      .onConflictDoUpdate({ target: productView.id, set: facts }),
    write.delete(productSearch).where(eq(productSearch.key, key)),
    write.insert(productSearch).values({ key, name, description }),
  ];
}

const index = fullTextIndex("product_search");

export interface ProductQuery {
  query: string;
  limit: number;
  cursor?: string | undefined;
}

/** Products that match, best first. Throws VALIDATION_FAILED for another list's cursor. */
export async function searchProducts(
  db: Database,
  list: ProductQuery,
): Promise<OutputOf<typeof views.operations.searchProducts>> {
  const { rows, nextCursor } = await search(db, { ...list, index, rows: productView });
  const items = rows.map(({ id, name, description, priceAmount, priceCurrency }) => ({
    id,
    name,
    description,
    price: { amount: priceAmount, currency: priceCurrency },
  }));
  return { items, nextCursor };
}

/** Whether no event has told of any product yet. */
export async function knowsNothing(db: Database): Promise<boolean> {
  return (await db.select({ key: productView.key }).from(productView).limit(1)).length === 0;
}
