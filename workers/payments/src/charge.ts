import { append, load, type Loaded } from "@weft/events";
import { type Context, type InputOf, MeshError, meshError } from "@weft/mesh";
import { eq } from "drizzle-orm";
import type * as z from "zod";
import type { Acquirer, Charge } from "./acquirer.ts";
import type { payments as contract } from "./contract.ts";
import type { Writing } from "./database.ts";
import { post } from "./ledger.ts";
import { paymentHistory } from "./payment.ts";
import { instruments, type Payment } from "./schema.ts";

type Events = typeof contract.events;
type Order = InputOf<(typeof contract)["operations"]["authorize"]>;

/** What a movement of money needs: the bank is asked first, then the ledger is written through `tx`. */
export interface Desk extends Writing {
  acquirer: Acquirer;
  /** Its signal is aborted when nobody waits for the answer any more. */
  context: Pick<Context, "signal">;
}

export async function authorize(desk: Desk, { orderId, userId, amount, paymentToken: token }: Order) {
  const { db, tx, acquirer, context } = desk;
  const history = await load(db, paymentHistory, orderId);
  if (history.state) throw meshError("CONFLICT", "This order was paid for by another checkout.");
  await acquirer.authorize({ orderId, amount, token, signal: context.signal });
  const payment = move(desk, history, "payment.authorized", { orderId, userId, amount });
  tx.add(db.insert(instruments).values({ orderId, token }));
  return payment;
}

export async function capture(desk: Desk, orderId: string) {
  const history = await load(desk.db, paymentHistory, orderId);
  const payment = history.state;
  if (!payment)
    throw new MeshError("PAYMENT_NOT_FOUND", { status: 404, title: "There is no payment for this order" });
  if (payment.status !== "authorized") {
    throw new MeshError("PAYMENT_NOT_AUTHORIZED", {
      status: 409,
      title: "The payment is not authorized",
      detail: `It is ${payment.status}.`,
    });
  }
  await desk.acquirer.capture(await chargeOf(payment, desk));
  return move(desk, history, "payment.captured", { orderId, amount: moneyOf(payment) });
}

/** Gives an authorization back. The fence lets this run only after the authorization was made. */
export async function release(desk: Desk, orderId: string) {
  const history = await load(desk.db, paymentHistory, orderId);
  const payment = history.state;
  if (payment?.status !== "authorized") {
    throw meshError(
      "CONFLICT",
      `Only an authorized payment can be voided; this one is ${payment?.status ?? "missing"}.`,
    );
  }
  await desk.acquirer.void(await chargeOf(payment, desk));
  return move(desk, history, "payment.voided", { orderId, amount: moneyOf(payment) });
}

/**
 * Gives a captured payment back, once. An order is cancelled only after it was confirmed, hence after the capture: any
 * other state is a fault that an operator must see, so it ends among the dead letters.
 */
export async function refund(desk: Desk, orderId: string): Promise<void> {
  const history = await load(desk.db, paymentHistory, orderId);
  const payment = history.state;
  if (payment?.status === "refunded") return;
  if (payment?.status !== "captured") {
    throw meshError(
      "CONFLICT",
      `Only a captured payment can be refunded; this one is ${payment?.status ?? "missing"}.`,
    );
  }
  await desk.acquirer.refund(await chargeOf(payment, desk));
  move(desk, history, "payment.refunded", { orderId, amount: moneyOf(payment) });
}

/** The event and the rows that follow from it: committed together, and only if nobody moved this money meanwhile. */
function move<T extends keyof Events>(
  desk: Desk,
  history: Loaded<Payment | null>,
  type: T,
  data: z.input<Events[T]>,
) {
  const { state: payment } = append(desk, paymentHistory, history, type, data);
  if (!payment) throw new TypeError(`"${type}" came before the authorization.`);
  desk.tx.add(...post(desk.db, payment, { type, time: desk.tx.now }));
  return { orderId: payment.orderId, status: payment.status, amount: moneyOf(payment) };
}

async function chargeOf(payment: Payment, { db, context }: Desk): Promise<Charge> {
  const { orderId } = payment;
  const instrument = await db.select().from(instruments).where(eq(instruments.orderId, orderId)).get();
  if (!instrument) throw meshError("INTERNAL", `What order ${orderId} was paid with is not known any more.`);
  return { orderId, amount: moneyOf(payment), token: instrument.token, signal: context.signal };
}

function moneyOf({ amount, currency }: Payment) {
  return { amount, currency };
}
