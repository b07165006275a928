import { type AnyColumn, type SQL, sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { SagaState } from "./event.ts";
import type { SagaSnapshot } from "./snapshot.ts";

/** Spelled out: SQLite uses the index only for queries that say the same, and a bound value could be any. */
export const isOpen = (state: AnyColumn): SQL => sql`${state} <> 'COMPLETED'`;

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
    /** Of the definition. */
    version: integer("version").notNull().default(1),
    hash: text("hash").notNull().default(""),
    /** Some step of it was parked: somebody should look. */
    parked: integer("parked", { mode: "boolean" }).notNull().default(false),
    /** Of a saga on Workflows, which cannot be asked; null of others. */
    snapshot: text("snapshot", { mode: "json" }).$type<SagaSnapshot>(),
  },
  (table) => [
    // An entry is paid for like a row when it is made, not when it goes, and most sagas complete.
    index("saga_index_open").on(table.state, table.nextDueAt).where(isOpen(table.state)),
    index("saga_index_started").on(table.startedAt, table.id),
  ],
);
