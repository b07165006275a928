import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * One row for a saga step that was done here and one for its undo. `suspended` marks a `do` that was undone before it
 * arrived, `refused` one that has ended in a business error: if an older attempt comes late, it finds its place taken
 * and has no effect.
 */
export const sagaFence = sqliteTable(
  "saga_fence",
  {
    sagaId: text("saga_id").notNull(),
    step: text("step").notNull(),
    phase: text("phase", { enum: ["do", "undo"] }).notNull(),
    state: text("state", { enum: ["done", "suspended", "refused"] }).notNull(),
    /** The attempt that wrote the row. */
    attempt: integer("attempt").notNull().default(1),
    /** The answer that was given, or the error of a refusal; replayed to a repeated attempt. */
    reply: text("reply", { mode: "json" }),
    at: integer("at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.sagaId, table.step, table.phase] })],
);
