import { blob, index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { KeyRecord } from "./record.ts";

/** The table of `d1KeyStore`, for the schema of a service that keeps its keys itself. */
export const idempotencyKeys = sqliteTable(
  "idempotency_keys",
  {
    name: text("name").primaryKey(),
    /** All but the answer's body. */
    record: text("record", { mode: "json" }).$type<NonNullable<KeyRecord>>().notNull(),
    /** The answer's body, byte for byte. */
    body: blob("body", { mode: "buffer" }).$type<Uint8Array>(),
    /** Grows with every change: of two that change a record at once, one sees that it was too late. */
    version: integer("version").notNull(),
    /** ms since the epoch */
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [index("idempotency_keys_expiry").on(table.expiresAt)],
);
