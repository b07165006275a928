import { type Context, type InputOf, MeshError, meshError } from "@weft/mesh";
import { eq } from "drizzle-orm";
import type { Acquirer, Charge } from "./acquirer.ts";
import type { payments as contract } from "./contract.ts";
import type { Database, Writing } from "./database.ts";
import { type Movement, movement, REPEATED } from "./ledger.ts";
import { type Payment, payments } from "./schema.ts";

type Order = InputOf<(typeof contract)["operations"]["authorize"]>;

/** What a movement of money needs: the bank is asked first, then the ledger is written through `tx`. */
export interface Desk extends Writing {
  acquirer: Acquirer;
  /** Its signal is aborted when nobody waits for the answer any more. */
  context: Pick<Context, "signal">;
}

const STATUS_AFTER = {
  authorize: "authorized",
  capture: "captured",
  void: "voided",
  refund: "refunded",
} as const satisfies Record<Movement, Payment["status"]>;

export async function authorize(desk: Desk, { orderId, userId, amount, paymentToken }: Order) {
  if (await findPayment(desk.db, orderId)) {
    throw meshError("CONFLICT", "This order was paid for by another checkout.");
  }
  const payment: Payment = { orderId, userId, ...amount, token: paymentToken, status: "authorized" };
  await desk.acquirer.authorize(chargeOf(payment, desk));
  desk.tx.add(desk.db.insert(payments).values(payment));
  desk.tx.rerunOn("payments.order_id");
  return move(desk, "authorize", payment);
}

export async function capture(desk: Desk, orderId: string) {
  const payment = await findPayment(desk.db, orderId);
  if (!payment)
    throw new MeshError("PAYMENT_NOT_FOUND", { status: 404, title: "There is no payment for this order" });
  if (payment.status !== "authorized") {
    throw new MeshError("PAYMENT_NOT_AUTHORIZED", {
      status: 409,
      title: "The payment is not authorized",
      detail: `It is ${payment.status}.`,
    });
  }
  await desk.acquirer.capture(chargeOf(payment, desk));
  return move(desk, "capture", payment);
}

/** Gives an authorization back. The fence lets this run only after the authorization was made. */
export async function release(desk: Desk, orderId: string) {
  const payment = await findPayment(desk.db, orderId);
  if (payment?.status !== "authorized") {
    throw meshError(
      "CONFLICT",
      `Only an authorized payment can be voided; this one is ${payment?.status ?? "missing"}.`,
    );
  }
  await desk.acquirer.void(chargeOf(payment, desk));
  return move(desk, "void", payment);
}

/**
 * Gives a captured payment back, once. An order is cancelled only after it was confirmed, hence after the capture: any
 * other state is a fault that an operator must see, so it ends among the dead letters.
 */
export async function refund(desk: Desk, orderId: string): Promise<void> {
  const payment = await findPayment(desk.db, orderId);
  if (payment?.status === "refunded") return;
  if (payment?.status !== "captured") {
    throw meshError(
      "CONFLICT",
      `Only a captured payment can be refunded; this one is ${payment?.status ?? "missing"}.`,
    );
  }
  await desk.acquirer.refund(chargeOf(payment, desk));
  move(desk, "refund", payment);
}

/** The status, both ledger entries and the event: committed together, and only if nobody moved this money meanwhile. */
function move({ db, tx }: Desk, kind: Movement, payment: Payment) {
  const { orderId } = payment;
  const status = STATUS_AFTER[kind];
  tx.add(db.update(payments).set({ status }).where(eq(payments.orderId, orderId)));
  tx.add(movement(db, kind, payment, tx.now));
  tx.rerunOn(REPEATED);
  tx.emit(`payment.${status}`, orderId, { orderId, amount: moneyOf(payment) });
  return { orderId, status, amount: moneyOf(payment) };
}

function chargeOf(payment: Payment, { context }: Desk): Charge {
  return { orderId: payment.orderId, amount: moneyOf(payment), token: payment.token, signal: context.signal };
}

function moneyOf({ amount, currency }: Payment) {
  return { amount, currency };
}

function findPayment(db: Database, orderId: string): Promise<Payment | undefined> {
  return db.select().from(payments).where(eq(payments.orderId, orderId)).get();
}
