import { inventory } from "@shop/inventory/contract";
import { OrderItem, orders } from "@shop/orders/contract";
import { Money, payments } from "@shop/payments/contract";
import { saga } from "@weft/saga";
import * as z from "zod";

/** An order with names and prices as they were when it was placed. */
export const PricedOrder = z.object({
  orderId: z.string(),
  userId: z.string(),
  items: z.array(OrderItem),
  total: Money,
  paymentToken: z.string(),
});
export type PricedOrder = z.infer<typeof PricedOrder>;

const o = orders.operations;
const p = payments.operations;
const i = inventory.operations;

type Ordered = { input: PricedOrder };
const orderId = ({ input }: Ordered) => ({ orderId: input.orderId });

/** An undo's first attempt is short: the buyer waits for the answer, and later attempts find the rest. */
const promptly = { timeout: 2_000 };

/** Money and stock are held until all is well; the capture decides. */
export const placeOrder = saga("place-order", { version: 1, input: PricedOrder })
  .compensatable("create", o.create, {
    input: ({ input: { paymentToken: _, ...order } }) => order,
    undo: {
      operation: o.reject,
      input: ({ input, failure }) => ({ orderId: input.orderId, reason: failure.code }),
      retry: promptly,
    },
  })
  .compensatable("authorize", p.authorize, {
    input: ({ input }) => ({
      orderId: input.orderId,
      userId: input.userId,
      amount: input.total,
      paymentToken: input.paymentToken,
    }),
    undo: { operation: p.void, input: orderId, retry: promptly },
  })
  .compensatable("reserve", i.reserve, {
    input: ({ input }) => ({
      orderId: input.orderId,
      items: input.items.map(({ productId, quantity }) => ({ productId, quantity })),
    }),
    undo: { operation: i.release, input: orderId, retry: promptly },
  })
  .pivot("capture", p.capture, { input: orderId })
  .retriable("commit", i.commit, { input: orderId })
  .retriable("confirm", o.confirm, { input: orderId });
