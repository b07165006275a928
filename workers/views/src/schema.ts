import type { Order, OrderStatus } from "@shop/orders/contract";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ListedOrder } from "./contract.ts";

export { cursors, deadLetters, inbox, projectionCursors, projectionRebuilds } from "@weft/events/schema";

/** Times are ms since the epoch, amounts minor units. */
export const orderView = sqliteTable(
  "order_view",
  {
    orderId: text("order_id").primaryKey(),
    userId: text("user_id").notNull(),
    status: text("status").$type<OrderStatus>().notNull(),
    items: text("items", { mode: "json" }).$type<Order["items"]>().notNull(),
    totalAmount: integer("total_amount").notNull(),
    totalCurrency: text("total_currency").notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    /** Subject sequence of the event that `status` comes from; an older event must not turn it back. */
    applied: integer("applied").notNull(),
  },
  (table) => [index("order_view_user").on(table.userId, table.createdAt, table.orderId)],
);

/** One row per order event: it has a place of its own, so events may arrive in any order. */
export const orderViewTimeline = sqliteTable(
  "order_view_timeline",
  {
    orderId: text("order_id").notNull(),
    /** The event's subject sequence. */
    seq: integer("seq").notNull(),
    status: text("status").$type<OrderStatus>().notNull(),
    at: integer("at").notNull(),
    reason: text("reason"),
  },
  (table) => [primaryKey({ columns: [table.orderId, table.seq] })],
);

export const paymentView = sqliteTable("payment_view", {
  orderId: text("order_id").primaryKey(),
  status: text("status").$type<NonNullable<ListedOrder["payment"]>>().notNull(),
  applied: integer("applied").notNull(),
});

/** Units in confirmed orders. Below zero for a moment if a cancellation arrives before its confirmation. */
export const productSales = sqliteTable(
  "product_sales",
  { productId: text("product_id").primaryKey(), sold: integer("sold").notNull() },
  (table) => [index("product_sales_sold").on(table.sold)],
);

/** Confirmed orders with both products; each pair is here in both directions. */
export const boughtTogether = sqliteTable(
  "bought_together",
  {
    productId: text("product_id").notNull(),
    otherId: text("other_id").notNull(),
    count: integer("count").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.productId, table.otherId] }),
    index("bought_together_count").on(table.productId, table.count),
  ],
);
