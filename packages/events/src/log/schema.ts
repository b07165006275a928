import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** A service's event log: append-only, the truth from which queues and subscribers are fed. */
export const eventLog = sqliteTable(
  "events",
  {
    /** Position in this service's log; without holes, since a rolled-back batch gives its numbers back. */
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    id: text("id").notNull().unique(),
    type: text("type").notNull(),
    subject: text("subject").notNull(),
    /** Position among the events of the same subject, from 1. */
    subjectSeq: integer("subject_seq").notNull(),
    /** Version of the type's schema that `data` follows, from 1. */
    version: integer("version").notNull().default(1),
    data: text("data", { mode: "json" }).notNull(),
    /** ms since the epoch */
    time: integer("time").notNull(),
    traceparent: text("traceparent").notNull(),
    /** When every subscriber's queue had taken it, ms since the epoch. */
    sentAt: integer("sent_at"),
    /** When it was last tried in vain, ms since the epoch; null before. */
    triedAt: integer("tried_at"),
    /** Bindings of the queues that have not taken it; null before the first try. */
    unsentTo: text("unsent_to", { mode: "json" }).$type<readonly string[]>(),
  },
  (table) => [
    uniqueIndex("events_subject").on(table.subject, table.subjectSeq),
    index("events_unsent")
      .on(table.triedAt, table.seq)
      .where(sql`sent_at IS NULL`),
  ],
);
