export { commandOutbox } from "@weft/events/schema";
import { sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { JWK } from "jose";

export const users = sqliteTable(
  "users",
  {
    id: text("id").primaryKey(),
    /** As its owner wrote it; two addresses that differ only in case are the same. */
    email: text("email").notNull(),
    name: text("name").notNull(),
    /** In PHC string format; says how it was made. */
    passwordHash: text("password_hash").notNull(),
    /** ms since the epoch */
    createdAt: integer("created_at").notNull(),
  },
  (table) => [uniqueIndex("users_email").on(sql`lower(${table.email})`)],
);

export const signingKeys = sqliteTable(
  "signing_keys",
  {
    /** RFC 7638 thumbprint of the public key. */
    kid: text("kid").primaryKey(),
    publicJwk: text("public_jwk", { mode: "json" }).$type<JWK>().notNull(),
    /** The private key, encrypted; dropped when the key is retired, since it never signs again. */
    privateJwe: text("private_jwe"),
    /** ms since the epoch */
    createdAt: integer("created_at").notNull(),
    /** When it began to sign, ms since the epoch; null for the next key, which is published but does not sign yet. */
    activatedAt: integer("activated_at"),
    /** When another key took over, ms since the epoch; null until then. */
    retiredAt: integer("retired_at"),
  },
  (table) => [
    // At most one key signs and one is the next: of two isolates that make a key at once, one finds the place taken.
    uniqueIndex("signing_keys_active")
      .on(sql`(${table.retiredAt} IS NULL)`)
      .where(sql`${table.retiredAt} IS NULL AND ${table.activatedAt} IS NOT NULL`),
    uniqueIndex("signing_keys_next")
      .on(sql`(${table.activatedAt} IS NULL)`)
      .where(sql`${table.activatedAt} IS NULL`),
  ],
);

export type Database = DrizzleD1Database<{ users: typeof users; signingKeys: typeof signingKeys }>;
export type UserRow = typeof users.$inferSelect;
