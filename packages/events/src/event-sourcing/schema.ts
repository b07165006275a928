import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Aggregates as they were after some event, so that they need not be loaded from their first one. */
export const snapshots = sqliteTable(
  "snapshots",
  {
    aggregate: text("aggregate").notNull(),
    subject: text("subject").notNull(),
    /** Subject sequence of the last event in it. */
    version: integer("version").notNull(),
    /** Version of the state's shape. */
    stateVersion: integer("state_version").notNull(),
    state: text("state", { mode: "json" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.aggregate, table.subject] })],
);
