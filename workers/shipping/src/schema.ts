import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export { cursors, deadLetters, eventLog, inbox, subjects } from "@weft/events/schema";

/** At most one for each order. Times are ms since the epoch. */
export const shipments = sqliteTable(
  "shipments",
  {
    id: text("id").primaryKey(),
    orderId: text("order_id").notNull().unique(),
    userId: text("user_id").notNull(),
    status: text("status").$type<"preparing" | "cancelled">().notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [index("shipments_user").on(table.userId, table.status, table.createdAt, table.id)],
);
