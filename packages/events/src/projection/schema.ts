import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** How far each projection, and the copy of it that is being rebuilt, has applied each publisher's log. */
export const projectionCursors = sqliteTable(
  "projection_cursors",
  {
    projection: text("projection").notNull(),
    /** `live` is read from, `shadow` is being rebuilt. */
    copy: text("copy", { enum: ["live", "shadow"] }).notNull(),
    source: text("source").notNull(),
    seq: integer("seq").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projection, table.copy, table.source] })],
);

/** The last rebuild of each projection. Times are ms since the epoch. */
export const projectionRebuilds = sqliteTable("projection_rebuilds", {
  projection: text("projection").primaryKey(),
  state: text("state", { enum: ["running", "done", "failed", "cancelled"] }).notNull(),
  applied: integer("applied").notNull(),
  /** Events in the logs when it was last looked. */
  total: integer("total").notNull(),
  startedAt: integer("started_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
  error: text("error"),
});
