import { orders } from "@shop/orders/contract";
import { project, projection, type Writer } from "@weft/events";
import { and, desc, eq, gt, ne, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { boughtTogether, productSales, salesTables } from "./schema.ts";

type Tables = (typeof salesTables)["live"];
type Items = readonly { productId: string; quantity: number }[];

/** How often each product was bought, and with which others. */
export const salesProjection = projection<Tables>({
  name: "sales",
  tables: salesTables,
  order: "subject",
  from: [
    project(orders, {
      "order.confirmed": ({ event, tables, write }) => countBasket(write, tables, event.data.items, 1),
      "order.cancelled": ({ event, tables, write }) => countBasket(write, tables, event.data.items, -1),
    }),
  ],
});

/**
 * Counts a basket in (+1) or out (-1). The products go as JSON: 50 of
 * them make 2,450 pairs, far beyond the 100 parameters that D1 binds in one statement.
 */
function countBasket(db: Writer, { boughtTogether, productSales }: Tables, items: Items, by: 1 | -1) {
  const basket = JSON.stringify(items.map(({ productId, quantity }) => ({ productId, quantity })));
  const products = JSON.stringify([...new Set(items.map(({ productId }) => productId))]);
  return [
    db
      .insert(productSales)
      .select(
        sql`SELECT value ->> 'productId', ${by} * SUM(value ->> 'quantity') FROM json_each(${basket}) WHERE true GROUP BY 1`,
      )
      .onConflictDoUpdate({ target: productSales.productId, set: { sold: sql`sold + excluded.sold` } }),
    db
      .insert(boughtTogether)
      .select(
        sql`SELECT a.value, b.value, ${by} FROM json_each(${products}) AS a, json_each(${products}) AS b
            WHERE a.value <> b.value`,
      )
      .onConflictDoUpdate({
        target: [boughtTogether.productId, boughtTogether.otherId],
        set: { count: sql`${boughtTogether.count} + excluded.count` },
      }),
  ];
}

/** What was bought together with a product, most often first, filled up with best sellers. */
export async function recommend(db: Database, productId: string, limit: number): Promise<string[]> {
  const [together, bestSellers] = await db.batch([
    db
      .select({ id: boughtTogether.otherId })
      .from(boughtTogether)
      .where(and(eq(boughtTogether.productId, productId), gt(boughtTogether.count, 0)))
      .orderBy(desc(boughtTogether.count), boughtTogether.otherId)
      .limit(limit),
    db
      .select({ id: productSales.productId })
      .from(productSales)
      .where(and(gt(productSales.sold, 0), ne(productSales.productId, productId)))
      .orderBy(desc(productSales.sold), productSales.productId)
      .limit(limit),
  ]);
  return [...new Set([...together, ...bestSellers].map(({ id }) => id))].slice(0, limit);
}
