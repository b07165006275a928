import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export { cursors, deadLetters, inbox, tasks } from "@weft/events/schema";

/** The outbox: every e-mail, rendered once. Times are ms since the epoch. */
export const notifications = sqliteTable(
  "notifications",
  {
    id: text("id").primaryKey(),
    /** The event that it tells of. */
    eventId: text("event_id").notNull().unique(),
    orderId: text("order_id").notNull(),
    subject: text("subject").notNull(),
    text: text("text").notNull(),
    status: text("status").$type<"queued" | "sent" | "failed">().notNull(),
    attempts: integer("attempts").notNull().default(0),
    /** When it is tried next; null = never again. While somebody is sending it, this is when their time is up. */
    dueAt: integer("due_at"),
    /** The address that it went to; null before. */
    recipient: text("recipient"),
    /** The event's, so that the trace of an order reaches to its mail. */
    traceparent: text("traceparent").notNull(),
    createdAt: integer("created_at").notNull(),
    sentAt: integer("sent_at"),
  },
  (table) => [
    index("notifications_due")
      .on(table.dueAt)
      .where(sql`due_at IS NOT NULL`),
    index("notifications_created").on(table.createdAt, table.id),
  ],
);

/** Whose order it is: a payment's events do not say, and may arrive before the order's. */
export const customers = sqliteTable("customers", {
  orderId: text("order_id").primaryKey(),
  userId: text("user_id").notNull(),
});
