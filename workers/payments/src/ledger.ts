import type { Database } from "./database.ts";
import type { Payment } from "./schema.ts";
import { ledgerEntries } from "./schema.ts";

export type Movement = (typeof ledgerEntries.$inferInsert)["kind"];

/** Where the money of an order comes from and goes to. */
function accounts(kind: Movement, { userId }: Payment): readonly [from: string, to: string] {
  const customer = `customer:${userId}`;
  switch (kind) {
    case "authorize":
      return [customer, "held"];
    case "capture":
      return ["held", "shop"];
    case "void":
      return ["held", customer];
    case "refund":
      return ["shop", customer];
  }
}

/** Both entries of one movement; `at` in ms since the epoch. The same movement of the same order cannot be written twice. */
export function movement(db: Database, kind: Movement, payment: Payment, at: number) {
  const [from, to] = accounts(kind, payment);
  const { orderId, amount } = payment;
  return db.insert(ledgerEntries).values([
    { orderId, kind, account: from, direction: "out", amount: -amount, at },
    { orderId, kind, account: to, direction: "in", amount, at },
  ]);
}

/** The constraint that a repeated movement violates. */
export const REPEATED = "ledger_entries.order_id";
