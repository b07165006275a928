import { sql } from "drizzle-orm";
import { check, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

export { cursors, deadLetters, eventLog, inbox, snapshots } from "@weft/events/schema";
export { sagaFence } from "@weft/saga/participant/schema";

/** What an order's events have made of its payment. */
export const payments = sqliteTable("payments", {
  orderId: text("order_id").primaryKey(),
  userId: text("user_id").notNull(),
  /** Minor units. */
  amount: integer("amount").notNull(),
  currency: text("currency").notNull(),
  status: text("status", { enum: ["authorized", "captured", "voided", "refunded"] }).notNull(),
});

/** What the customers pay with. Apart from the events: others read those, and they are never forgotten. */
export const instruments = sqliteTable("instruments", {
  orderId: text("order_id").primaryKey(),
  token: text("token").notNull(),
});

/**
 * Double-entry bookkeeping, append-only, worked out from the events: every movement of money is one entry out of an account and one into another,
 * which sum to zero.
 */
export const ledgerEntries = sqliteTable(
  "ledger_entries",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    orderId: text("order_id").notNull(),
    kind: text("kind", { enum: ["authorize", "capture", "void", "refund"] }).notNull(),
    /** `customer:<user id>`, `held` or `shop` */
    account: text("account").notNull(),
    direction: text("direction", { enum: ["in", "out"] }).notNull(),
    /** Minor units; negative on the way out. */
    amount: integer("amount").notNull(),
    /** ms since the epoch */
    at: integer("at").notNull(),
  },
  (table) => [
    // An order's money enters and leaves an account once. This alone rules out, under any race, that it is charged,
    // captured or refunded twice, or captured and voided.
    uniqueIndex("ledger_once").on(table.orderId, table.account, table.direction),
    check(
      "ledger_sign",
      sql`CASE ${table.direction} WHEN 'in' THEN ${table.amount} >= 0 ELSE ${table.amount} <= 0 END`,
    ),
  ],
);

/** The test bank's own memory. */
export const acquirerAttempts = sqliteTable("acquirer_attempts", {
  orderId: text("order_id").primaryKey(),
  attempts: integer("attempts").notNull(),
});

export type Payment = typeof payments.$inferSelect;
export type LedgerEntry = typeof ledgerEntries.$inferSelect;
