import type { SourcedEvent, Statement } from "@weft/events";
import type { Database } from "./database.ts";
import { type LedgerEntry, ledgerEntries, type Payment, payments } from "./schema.ts";

type Entry = Omit<LedgerEntry, "id">;

/** Where the money of an order comes from and goes to. */
const MOVEMENTS: Readonly<Record<string, readonly [kind: Entry["kind"], from: Account, to: Account]>> = {
  "payment.authorized": ["authorize", "customer", "held"],
  "payment.captured": ["capture", "held", "shop"],
  "payment.voided": ["void", "held", "customer"],
  "payment.refunded": ["refund", "shop", "customer"],
};
type Account = "customer" | "held" | "shop";

/** Both entries of the movement that an event stands for; `payment` is as it is after the event. */
export function entriesOf(
  payment: Payment,
  { type, time: at }: Pick<SourcedEvent, "type" | "time">,
): Entry[] {
  const movement = MOVEMENTS[type];
  if (!movement) throw new TypeError(`"${type}" moves no money.`);
  const [kind, from, to] = movement;
  const { orderId, userId, amount } = payment;
  const nameOf = (account: Account) => (account === "customer" ? `customer:${userId}` : account);
  return [
    { orderId, kind, account: nameOf(from), direction: "out", amount: -amount, at },
    { orderId, kind, account: nameOf(to), direction: "in", amount, at },
  ];
}

/** The rows that follow from an event, to be written with it. The same movement of the same order cannot be written twice. */
export function post(
  db: Database,
  payment: Payment,
  event: Pick<SourcedEvent, "type" | "time">,
): Statement[] {
  return [
    db
      .insert(payments)
      .values(payment)
      .onConflictDoUpdate({ target: payments.orderId, set: { status: payment.status } }),
    db.insert(ledgerEntries).values(entriesOf(payment, event)),
  ];
}
