import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** One failed attempt. */
export interface Failure {
  /** ms since the epoch */
  readonly at: number;
  readonly via: "queue" | "log" | "task" | "replay";
  readonly error: string;
  /** Something else was away: it says nothing about the message. */
  readonly outage?: boolean;
}

/** What could not be applied, with its history: first while it is still tried (`failing`), then for an operator. */
export const deadLetters = sqliteTable(
  "dead_letters",
  {
    id: text("id").primaryKey(),
    /** The publisher's `source`, or the queue's name if the message is no event. */
    source: text("source").notNull(),
    /** The event's id, or the message's if it is no event. */
    messageId: text("message_id").notNull(),
    type: text("type"),
    subject: text("subject"),
    /** Position in the publisher's log. */
    sequence: integer("sequence"),
    /** The message as it came, or as an operator has edited it. */
    body: text("body", { mode: "json" }).notNull(),
    status: text("status", { enum: ["failing", "dead", "replayed", "discarded"] }).notNull(),
    attempts: integer("attempts").notNull(),
    /** The newest failures, oldest first. */
    failures: text("failures", { mode: "json" }).$type<readonly Failure[]>().notNull(),
    /** Why an operator settled it. */
    reason: text("reason"),
    /** Times are ms since the epoch. */
    firstFailedAt: integer("first_failed_at").notNull(),
    lastFailedAt: integer("last_failed_at").notNull(),
    settledAt: integer("settled_at"),
  },
  (table) => [
    uniqueIndex("dead_letters_message").on(table.source, table.messageId),
    index("dead_letters_status").on(table.status, table.lastFailedAt, table.id),
  ],
);
