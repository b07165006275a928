import { copies } from "@weft/events";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export {
  cursors,
  deadLetters,
  eventLog,
  inbox,
  projectionCursors,
  projectionRebuilds,
  subjects,
} from "@weft/events/schema";

export const orderTable = sqliteTable("orders", {
  id: text("id").primaryKey(),
  amount: integer("amount").notNull(),
});
export const shipments = sqliteTable("shipments", {
  orderId: text("order_id").primaryKey(),
  amount: integer("amount").notNull(),
});
export const books = copies((name) => ({
  accounts: sqliteTable(name("accounts"), {
    account: text("account").primaryKey(),
    digest: integer("digest").notNull(),
  }),
}));
export const { accounts } = books.live;
export const accountsShadow = books.shadow.accounts;
