import { desc } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export { cursors, deadLetters, eventLog, inbox } from "@weft/events/schema";

export const products = sqliteTable(
  "products",
  {
    /** The row's number in the full-text index. Named, because SQLite renumbers an unnamed rowid on VACUUM. */
    key: integer("key").primaryKey(),
    id: text("id").notNull().unique(),
    name: text("name").notNull(),
    description: text("description").notNull(),
    /** Minor units (cents). */
    priceAmount: integer("price_amount").notNull(),
    /** ISO 4217 */
    priceCurrency: text("price_currency").notNull(),
    /** Units in confirmed orders. Below zero for a moment if a cancellation is heard of before its order. */
    sold: integer("sold").notNull().default(0),
    /** ms since the epoch */
    createdAt: integer("created_at").notNull(),
  },
  (table) => [index("products_best_sellers").on(desc(table.sold), table.id)],
);
