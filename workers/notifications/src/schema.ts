import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export { cursors, deadLetters, inbox, tasks } from "@weft/events/schema";

/** Every e-mail, rendered once; the task of the same id delivers it. Times are ms since the epoch. */
export const notifications = sqliteTable(
  "notifications",
  {
    id: text("id").primaryKey(),
    /** The event or command that it tells of. */
    causeId: text("event_id").notNull().unique(),
    orderId: text("order_id"),
    userId: text("user_id"),
    subject: text("subject").notNull(),
    text: text("text").notNull(),
    /** The address that it went to; null before. */
    recipient: text("recipient"),
    createdAt: integer("created_at").notNull(),
    sentAt: integer("sent_at"),
  },
  (table) => [index("notifications_created").on(table.createdAt, table.id)],
);

/** Whose order it is: a payment's events do not say, and may arrive before the order's. */
export const customers = sqliteTable("customers", {
  orderId: text("order_id").primaryKey(),
  userId: text("user_id").notNull(),
});
