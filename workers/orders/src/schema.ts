import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { OrderStatus } from "./contract.ts";

export { cursors, deadLetters, eventLog, inbox } from "@weft/events/schema";
export { sagaFence } from "@weft/saga/participant/schema";

/** Times are ms since the epoch, amounts minor units. */
export const orders = sqliteTable(
  "orders",
  {
    id: text("id").primaryKey(),
    userId: text("user_id").notNull(),
    status: text("status").$type<OrderStatus>().notNull(),
    totalAmount: integer("total_amount").notNull(),
    totalCurrency: text("total_currency").notNull(),
    /** Why it was rejected. */
    reason: text("reason"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [index("orders_status").on(table.status)],
);

export const orderItems = sqliteTable(
  "order_items",
  {
    orderId: text("order_id").notNull(),
    /** Place in the basket, from 1. */
    line: integer("line").notNull(),
    productId: text("product_id").notNull(),
    name: text("name").notNull(),
    quantity: integer("quantity").notNull(),
    priceAmount: integer("price_amount").notNull(),
    priceCurrency: text("price_currency").notNull(),
  },
  (table) => [primaryKey({ columns: [table.orderId, table.line] })],
);

/**
 * One row per status that an order has had. Its keys are the guard of every transition: whoever writes `seq` next
 * has seen the status before it, and no status is reached twice.
 */
export const orderTimeline = sqliteTable(
  "order_timeline",
  {
    orderId: text("order_id").notNull(),
    seq: integer("seq").notNull(),
    status: text("status").$type<OrderStatus>().notNull(),
    at: integer("at").notNull(),
    reason: text("reason"),
  },
  (table) => [
    primaryKey({ columns: [table.orderId, table.seq] }),
    uniqueIndex("order_timeline_status").on(table.orderId, table.status),
  ],
);

/** What has come back of a cancelled order. Numbered, so that of two that arrive at once one sees the other. */
export const cancellationParts = sqliteTable(
  "cancellation_parts",
  {
    orderId: text("order_id").notNull(),
    seq: integer("seq").notNull(),
    part: text("part", { enum: ["money", "stock"] }).notNull(),
    at: integer("at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orderId, table.seq] }),
    uniqueIndex("cancellation_parts_part").on(table.orderId, table.part),
  ],
);
