import type { catalog, Product } from "@shop/catalog/contract";
import type { Envelope, Statement } from "@weft/events";
import type { EventData, Mesh } from "@weft/mesh";
import { inArray, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { products } from "./schema.ts";

/** What a basket needs to know of a product. */
export type PricedProduct = Pick<Product, "id" | "name" | "price">;
type Facts = EventData<typeof catalog, "product.changed">;

/** Takes over what an event says, unless a later one of the product has been heard of before. */
export function keep(db: Database, { subjectsequence, data }: Envelope<string, Facts>): Statement {
  const { productId: id, name, price } = data;
  const facts = { name, priceAmount: price.amount, priceCurrency: price.currency, version: subjectsequence };
  return db
    .insert(products)
    .values({ id, ...facts })
    .onConflictDoUpdate({
      target: products.id,
      set: facts,
      setWhere: sql`excluded.version > ${products.version}`,
    });
}

/**
 * Products as this service knows them from the catalog's events, so that orders are taken without the catalog. It is
 * asked only for those that are not here yet; what it does not know either is left out.
 */
export async function findProducts(
  db: Database,
  mesh: Mesh<{ catalog: typeof catalog }>,
  ids: readonly string[],
): Promise<PricedProduct[]> {
  const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  const rows = await db.select().from(products).where(inArray(products.id, wanted));
  const here = rows.map(({ id, name, priceAmount: amount, priceCurrency: currency }) => ({
    id,
    name,
    price: { amount, currency },
  }));
  const known = new Set(here.map(({ id }) => id));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length === 0) return here;
  const { items } = await mesh.catalog.getProducts({ ids: missing.join(",") });
  return [...here, ...items];
}
