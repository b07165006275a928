import type { Order, orders } from "@shop/orders/contract";
import { type Context, hasCode, type Mesh, meshError } from "@weft/mesh";
import { isFinal, type Sagas } from "@weft/saga";
import type * as z from "zod";
import type { checkout } from "./contract.ts";
import { type Checkout, orderOf, refusal } from "./outcome.ts";
import { placeOrder } from "./place-order.ts";
import { price } from "./price.ts";
import type { PricedProduct } from "./price-list.ts";

type Input = z.output<typeof checkout.operations.placeOrder.input>;

export interface CheckoutTools {
  readonly sagas: Sagas;
  readonly mesh: Mesh<{ orders: typeof orders }>;
  /** What is known of products; those that there are not are left out. */
  readonly findProducts: (ids: readonly string[]) => Promise<PricedProduct[]>;
  readonly context: Context;
}

/** Kept back from the caller's deadline, ms, to answer in. */
const ANSWER_TIME = 500;
/** An asynchronous order is answered when its row is there, so that its `Location` works at once; or after this, ms. */
const FIRST_STEP_TIME = 1_000;

/** Starts the order's saga, or joins it, and waits. Throws why the order was rejected, if it was. */
export async function checkOut(input: Input, tools: CheckoutTools): Promise<{ order: Order; done: boolean }> {
  const { orderId, wait } = input;
  const { sagas, context } = tools;
  // What was ordered stays as it was priced the first time.
  const joined = (await sagas.get(placeOrder, orderId)) !== undefined || !(await begin(input, tools));
  const left = (context.deadline ?? Number.POSITIVE_INFINITY) - Date.now() - ANSWER_TIME;
  const snapshot =
    wait === 0
      ? await sagas.wait(placeOrder, orderId, Math.min(FIRST_STEP_TIME, left), "create")
      : await sagas.wait(placeOrder, orderId, Math.min(wait, left));
  if (!snapshot) throw meshError("UNAVAILABLE", `Order ${orderId} could not be started.`);
  if (snapshot.input.userId !== userOf(context))
    throw meshError("CONFLICT", `Order ${orderId} is somebody else's.`);
  if (snapshot.failure && snapshot.settled) throw refusal(snapshot, snapshot.failure, input.items);
  // Nobody else has touched an order that this call has placed: its saga's last word is its state.
  const order = joined ? await findOrder(snapshot, tools) : orderOf(snapshot);
  return { order, done: isFinal(snapshot.state) };
}

/** False if another attempt was faster: it may have seen other prices, and its order is the one that counts. */
async function begin(
  { orderId, items, paymentToken }: Input,
  { sagas, findProducts, context }: CheckoutTools,
): Promise<boolean> {
  const products = await findProducts([...new Set(items.map((item) => item.productId))]);
  const order = { orderId, userId: userOf(context), paymentToken, ...price(items, products) };
  try {
    await sagas.start(placeOrder, orderId, order);
    return true;
  } catch (error) {
    if (hasCode(error, "CONFLICT")) return false;
    throw error;
  }
}

/** An order that was placed earlier may have moved on since its saga ended. */
async function findOrder(snapshot: Checkout, { mesh }: CheckoutTools): Promise<Order> {
  const known = orderOf(snapshot);
  return snapshot.results.create ? mesh.orders.find({ orderId: snapshot.id }, { fallback: known }) : known;
}

function userOf({ principal }: Context): string {
  if (!principal) throw meshError("AUTHENTICATION_REQUIRED");
  return principal.sub;
}
