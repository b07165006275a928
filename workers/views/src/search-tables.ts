import { copies } from "@weft/events";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Products as their newest event tells them, and the words in them. Not in schema.ts: drizzle-kit would generate the index. */
export const searchTables = copies((name) => ({
  productView: sqliteTable(name("product_view"), {
    /** The row's number in the index. */
    key: integer("key").primaryKey(),
    id: text("product_id").notNull().unique(),
    name: text("name").notNull(),
    description: text("description").notNull(),
    /** Minor units. */
    priceAmount: integer("price_amount").notNull(),
    priceCurrency: text("price_currency").notNull(),
  }),
  productSearch: sqliteTable(name("product_search"), {
    key: integer("rowid").notNull(),
    name: text("name").notNull(),
    description: text("description").notNull(),
  }),
}));
