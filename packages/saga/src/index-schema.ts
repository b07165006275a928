import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { SagaState } from "./event.ts";

/**
 * Every saga of a service, in the service's own D1. A Durable Object cannot be listed, and its alarm can be lost:
 * this is where sagas are counted, and where the sweep finds those that sleep too long.
 */
export const sagaIndex = sqliteTable(
  "saga_index",
  {
    id: text("id").primaryKey(),
    definition: text("definition").notNull(),
    state: text("state").$type<SagaState>().notNull(),
    /** Times are ms since the epoch. */
    startedAt: integer("started_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    /** When the saga was to go on by itself, as far as the index knows; null when it has ended. */
    nextDueAt: integer("next_due_at"),
  },
  (table) => [index("saga_index_due").on(table.nextDueAt), index("saga_index_state").on(table.state)],
);
