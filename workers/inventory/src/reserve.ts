import { sql } from "drizzle-orm";
import type { Writing } from "./database.ts";
import { type Line, mergeLines } from "./lines.ts";
import { outOfStock } from "./out-of-stock.ts";
import { impossible, moveUnits, type Reservation, reservationOf } from "./reservation.ts";
import { reservationItems, reservations } from "./schema.ts";
import { stocksOf } from "./stock.ts";

export interface Reserve {
  orderId: string;
  items: readonly Line[];
  /** ms since the epoch */
  expiresAt: number;
}

/**
 * Holds all units of an order or none. What was read decides nothing but the error's words: the schema refuses units
 * that are not there, and products that are not known. Rejects with OUT_OF_STOCK.
 */
export async function reserve(
  writing: Writing,
  { orderId, items, expiresAt }: Reserve,
): Promise<Reservation> {
  const { db, tx } = writing;
  const lines = mergeLines(items);
  const [[existing], stocks] = await db.batch([
    reservationOf(db, orderId),
    stocksOf(
      db,
      lines.map(({ productId }) => productId),
    ),
  ]);
  // The order's items never change, so what is held for it already is what is asked for.
  if (existing?.status === "held") return existing;
  if (existing) throw impossible("held again", existing);

  tx.rerunOn("reservations.order_id");
  tx.reject("stock_available_check", () => outOfStock(items, stocks));
  tx.reject("FOREIGN KEY", () => outOfStock(items, stocks));
  tx.add(
    db.insert(reservations).values({ orderId, status: "held", expiresAt }),
    db
      .insert(reservationItems)
      .select(
        sql`SELECT ${orderId}, value ->> 'productId', value ->> 'quantity' FROM json_each(${JSON.stringify(lines)})`,
      ),
  );
  moveUnits(writing, orderId, -1);
  return { orderId, status: "held" };
}
