import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Commands on their way to other services; a row stays until its receiver has it. Times are ms since the epoch. */
export const commandOutbox = sqliteTable(
  "command_outbox",
  {
    id: text("id").primaryKey(),
    /** Name of the service that is to do it. */
    recipient: text("recipient").notNull(),
    type: text("type").notNull(),
    data: text("data", { mode: "json" }).notNull(),
    /** Higher goes first. */
    priority: integer("priority").notNull(),
    /** Not to be done before. */
    dueAt: integer("due_at").notNull(),
    createdAt: integer("created_at").notNull(),
    traceparent: text("traceparent").notNull(),
    attempts: integer("attempts").notNull().default(0),
    /** When to try to hand it over again. */
    retryAt: integer("retry_at").notNull(),
  },
  (table) => [index("command_outbox_retry").on(table.retryAt)],
);

/** Commands that this service has taken on. Times are ms since the epoch. */
export const tasks = sqliteTable(
  "tasks",
  {
    id: text("id").primaryKey(),
    sender: text("sender").notNull(),
    type: text("type").notNull(),
    data: text("data", { mode: "json" }).notNull(),
    priority: integer("priority").notNull(),
    /** When it is worked on next; null = never again. While somebody works on it, this is when their time is up. */
    dueAt: integer("due_at"),
    attempts: integer("attempts").notNull().default(0),
    /** Attempts in a row that came to no end: whoever worked on it died, or lost its database. */
    unfinished: integer("unfinished").notNull().default(0),
    traceparent: text("traceparent").notNull(),
    createdAt: integer("created_at").notNull(),
    doneAt: integer("done_at"),
  },
  (table) => [
    index("tasks_due")
      .on(table.priority, table.dueAt)
      .where(sql`due_at IS NOT NULL`),
  ],
);
