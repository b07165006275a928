import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Events that this service has applied; written in the same batch as their effect. */
export const inbox = sqliteTable(
  "inbox",
  {
    source: text("source").notNull(),
    eventId: text("event_id").notNull(),
    appliedAt: integer("applied_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.source, table.eventId] })],
);

/** How far this service has read each publisher's log. */
export const cursors = sqliteTable("cursors", {
  source: text("source").primaryKey(),
  /** Everything up to here has been dealt with. */
  seq: integer("seq").notNull(),
  /** Everything up to here has been tried. Beyond `seq` while an event between them cannot be applied. */
  looked: integer("looked").notNull().default(0),
  /** How often in a row what is between them was tried in vain. */
  failures: integer("failures").notNull().default(0),
  /** When to try it again, ms since the epoch. */
  retryAt: integer("retry_at").notNull().default(0),
});

/** How far an ordered subscription has come with each subject. */
export const subjects = sqliteTable(
  "subjects",
  {
    source: text("source").notNull(),
    subject: text("subject").notNull(),
    /** Subject sequence of the last event that was dealt with. */
    seq: integer("seq").notNull(),
    /**
     * Id of the event that the subject waits for: it could not be applied, and later ones must not overtake it. Empty
     * once that event is dealt with, until those that have waited are, too.
     */
    heldBy: text("held_by"),
  },
  (table) => [
    primaryKey({ columns: [table.source, table.subject] }),
    index("subjects_waiting")
      .on(table.source, table.subject)
      .where(sql`held_by = ''`),
  ],
);
