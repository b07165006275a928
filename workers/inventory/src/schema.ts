import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

export { cursors, deadLetters, eventLog, inbox } from "@weft/events/schema";
export { sagaFence } from "@weft/saga/participant/schema";

/** Units of each product. `received` = `available` + units of held and of committed reservations, always. */
export const stock = sqliteTable(
  "stock",
  {
    productId: text("product_id").primaryKey(),
    /** Free to be reserved. */
    available: integer("available").notNull(),
    /** Ever put on the shelf. */
    received: integer("received").notNull(),
  },
  (table) => [
    // Whatever the code above believes: units that are not there cannot be taken, nor units given back twice.
    check("stock_available_check", sql`${table.available} >= 0`),
    check("stock_received_check", sql`${table.available} <= ${table.received}`),
  ],
);

/** One per order. Held until it is committed, released or expires; committed units can be returned. */
export const reservations = sqliteTable(
  "reservations",
  {
    orderId: text("order_id").primaryKey(),
    status: text("status", { enum: ["held", "committed", "released", "expired", "returned"] }).notNull(),
    /** When held units are given back by themselves, ms since the epoch. */
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [
    index("reservations_held")
      .on(table.expiresAt, table.orderId)
      .where(sql`status = 'held'`),
  ],
);

export const reservationItems = sqliteTable(
  "reservation_items",
  {
    orderId: text("order_id")
      .notNull()
      .references(() => reservations.orderId),
    productId: text("product_id")
      .notNull()
      .references(() => stock.productId),
    quantity: integer("quantity").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orderId, table.productId] }),
    check("reservation_items_quantity_check", sql`${table.quantity} > 0`),
  ],
);
