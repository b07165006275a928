import { MeshError } from "@weft/mesh";
import { eq, sql } from "drizzle-orm";
import type { Stock } from "./contract.ts";
import type { Database } from "./database.ts";
import { stock } from "./schema.ts";

const fields = { productId: stock.productId, available: stock.available };

/** Throws STOCK_UNKNOWN. */
export async function getStock(db: Database, productId: string): Promise<Stock> {
  const [row] = await db.select(fields).from(stock).where(eq(stock.productId, productId));
  if (row) return row;
  throw new MeshError("STOCK_UNKNOWN", {
    status: 404,
    title: "No stock is kept of this product",
    detail: `There is no stock of "${productId}".`,
  });
}

/** Unknown ids are left out. */
export function stocksOf(db: Database, productIds: readonly string[]) {
  // One parameter however many ids there are: D1 binds at most 100.
  return db
    .select(fields)
    .from(stock)
    .where(sql`${stock.productId} IN (SELECT value FROM json_each(${JSON.stringify(productIds)}))`);
}
