import { excerpt, MeshError } from "@weft/mesh";
import { asc, desc, eq, sql } from "drizzle-orm";
import type { Product } from "./contract.ts";
import type { Database } from "./database.ts";
import { products } from "./schema.ts";

type Row = Pick<
  typeof products.$inferSelect,
  "id" | "name" | "description" | "priceAmount" | "priceCurrency"
>;

export function toProduct({ id, name, description, priceAmount, priceCurrency }: Row): Product {
  return { id, name, description, price: { amount: priceAmount, currency: priceCurrency } };
}

/** Throws PRODUCT_NOT_FOUND. */
export async function getProduct(db: Database, id: string): Promise<Product> {
  const [row] = await db.select().from(products).where(eq(products.id, id));
  if (row) return toProduct(row);
  throw notFound(id);
}

export function notFound(id: string): MeshError {
  return new MeshError("PRODUCT_NOT_FOUND", {
    status: 404,
    title: "There is no such product",
    detail: `No product has the id "${excerpt(id)}".`,
  });
}

/** In the order of `ids`, each once; unknown ids are left out. */
export async function getProducts(db: Database, ids: readonly string[]): Promise<Product[]> {
  // One parameter however many ids there are: D1 binds at most 100.
  const wanted = sql`${products.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  const rows = await db.select().from(products).where(wanted);
  const byId = new Map(rows.map((row) => [row.id, toProduct(row)]));
  return [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
}

export async function bestSellers(db: Database, limit: number): Promise<Product[]> {
  const rows = await db.select().from(products).orderBy(desc(products.sold), asc(products.id)).limit(limit);
  return rows.map(toProduct);
}
