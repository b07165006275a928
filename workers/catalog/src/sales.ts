import type { Statement } from "@weft/events";
import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { products } from "./schema.ts";

interface Line {
  productId: string;
  quantity: number;
}

/** Counts the units of an order as sold, or with -1 as sold no more. Both commute, so their order does not matter. */
export function countSales(db: Database, lines: readonly Line[], sign: 1 | -1): Statement {
  const order = JSON.stringify(lines.map(({ productId, quantity }) => ({ productId, quantity })));
  return db
    .update(products)
    .set({ sold: sql`${products.sold} + ${sign} * line.units` })
    .from(
      sql`(SELECT value ->> 'productId' AS product_id, SUM(value ->> 'quantity') AS units FROM json_each(${order}) GROUP BY 1) AS line`,
    )
    .where(sql`${products.id} = line.product_id`);
}
