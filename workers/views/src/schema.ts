import type { Order, OrderStatus } from "@shop/orders/contract";
import { copies } from "@weft/events";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ListedOrder } from "./contract.ts";
import { searchTables } from "./search-tables.ts";

export { deadLetters, inbox, projectionCursors, projectionRebuilds } from "@weft/events/schema";

/** Orders as their buyers see them. Times are ms since the epoch, amounts minor units. */
export const orderTables = copies((name) => ({
  orderView: sqliteTable(
    name("order_view"),
    {
      orderId: text("order_id").primaryKey(),
      userId: text("user_id").notNull(),
      status: text("status").$type<OrderStatus>().notNull(),
      items: text("items", { mode: "json" }).$type<Order["items"]>().notNull(),
      totalAmount: integer("total_amount").notNull(),
      totalCurrency: text("total_currency").notNull(),
      createdAt: integer("created_at").notNull(),
      updatedAt: integer("updated_at").notNull(),
    },
    (table) => [index(name("order_view_user")).on(table.userId, table.createdAt, table.orderId)],
  ),
  /** One row per order event. */
  orderViewTimeline: sqliteTable(
    name("order_view_timeline"),
    {
      orderId: text("order_id").notNull(),
      /** The event's subject sequence. */
      seq: integer("seq").notNull(),
      status: text("status").$type<OrderStatus>().notNull(),
      at: integer("at").notNull(),
      reason: text("reason"),
    },
    (table) => [primaryKey({ columns: [table.orderId, table.seq] })],
  ),
  paymentView: sqliteTable(name("payment_view"), {
    orderId: text("order_id").primaryKey(),
    status: text("status").$type<NonNullable<ListedOrder["payment"]>>().notNull(),
  }),
  shipmentView: sqliteTable(name("shipment_view"), {
    orderId: text("order_id").primaryKey(),
    status: text("status").$type<NonNullable<ListedOrder["shipment"]>>().notNull(),
  }),
}));

/** What sells, and with what. */
export const salesTables = copies((name) => ({
  /** Units in confirmed orders. */
  productSales: sqliteTable(
    name("product_sales"),
    { productId: text("product_id").primaryKey(), sold: integer("sold").notNull() },
    (table) => [index(name("product_sales_sold")).on(table.sold)],
  ),
  /** Confirmed orders with both products; each pair is here in both directions. */
  boughtTogether: sqliteTable(
    name("bought_together"),
    {
      productId: text("product_id").notNull(),
      otherId: text("other_id").notNull(),
      count: integer("count").notNull(),
    },
    (table) => [
      primaryKey({ columns: [table.productId, table.otherId] }),
      index(name("bought_together_count")).on(table.productId, table.count),
    ],
  ),
}));

export const { orderView, orderViewTimeline, paymentView, shipmentView } = orderTables.live;
export const { productSales, boughtTogether } = salesTables.live;
export const { productView } = searchTables.live;
// For the migrations: what rebuilds write to.
export const {
  orderView: orderViewShadow,
  orderViewTimeline: orderViewTimelineShadow,
  paymentView: paymentViewShadow,
  shipmentView: shipmentViewShadow,
} = orderTables.shadow;
export const { productView: productViewShadow } = searchTables.shadow;
export const { productSales: productSalesShadow, boughtTogether: boughtTogetherShadow } = salesTables.shadow;
