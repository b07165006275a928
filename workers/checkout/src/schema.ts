import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export { cursors, deadLetters, inbox } from "@weft/events/schema";
export { sagaIndex } from "@weft/saga/index-schema";

/** What the catalog's events have said of its products. */
export const products = sqliteTable("products", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  /** Minor units. */
  priceAmount: integer("price_amount").notNull(),
  /** ISO 4217 */
  priceCurrency: text("price_currency").notNull(),
  /** Subject sequence of the event that this is from. */
  version: integer("version").notNull(),
});
