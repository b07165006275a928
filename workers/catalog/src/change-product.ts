import type { Tx } from "@weft/events";
import { eq, max } from "drizzle-orm";
import type { catalog, Product, ProductChange } from "./contract.ts";
import type { Database } from "./database.ts";
import { notFound, toProduct } from "./products.ts";
import { eventLog, products } from "./schema.ts";

/**
 * Changes what is given of a product, and tells the subscribers all of it. Who asks for what is already so changes
 * nothing, so it may be asked for again. Throws PRODUCT_NOT_FOUND.
 */
export async function changeProduct(
  { db, tx }: { db: Database; tx: Tx<typeof catalog.events> },
  { id, ...change }: ProductChange & { id: string },
): Promise<Product> {
  const [[row], [newest]] = await db.batch([
    db.select().from(products).where(eq(products.id, id)),
    db
      .select({ seq: max(eventLog.subjectSeq) })
      .from(eventLog)
      .where(eq(eventLog.subject, id)),
  ]);
  if (!row) throw notFound(id);
  const { name, description, price } = { ...toProduct(row), ...change };
  const columns = { name, description, priceAmount: price.amount, priceCurrency: price.currency };
  const changed = { ...row, ...columns };
  if (JSON.stringify(changed) === JSON.stringify(row)) return toProduct(row);
  tx.add(db.update(products).set(columns).where(eq(products.id, id)));
  // The event has all of the product, so it must not be made of what somebody else is changing.
  tx.emit("product.changed", id, { productId: id, name, description, price }, { after: newest?.seq ?? 0 });
  // Whoever keeps a copy for some seconds need not keep it that long.
  tx.fireAndForget("GATEWAY_HINTS", { changed: "product", id });
  return toProduct(changed);
}
