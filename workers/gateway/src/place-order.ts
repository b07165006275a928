import type { Purchase } from "@shop/checkout/contract";
import { orderPath } from "@shop/orders/contract";
import { contextOf } from "@weft/gateway";
import { respond } from "@weft/mesh";
import type * as z from "zod";
import type { ShopContext } from "./env.ts";
import { meshOf } from "./mesh.ts";

/** Longest wait for an order's end, ms: slow payments take seconds, and the client has a timeout, too. */
const PATIENCE = 15_000;
const ASYNC = "respond-async";

/** RFC 7240: preferences are tokens, separated by commas, with parameters after a semicolon. */
function prefersAsync(c: ShopContext): boolean {
  const preferences = c.req.header("prefer")?.split(",") ?? [];
  return preferences.some((preference) => preference.split(";")[0]?.trim().toLowerCase() === ASYNC);
}

/**
 * The order's id comes from the execution that the Idempotency-Key stands for, so every request with this key places,
 * or joins, the same order. 201 when its saga has ended; 202 while it runs, and then the same request asks again.
 */
export async function placeOrder(purchase: z.output<typeof Purchase>, c: ShopContext) {
  const { execution } = c.var;
  const asynchronous = prefersAsync(c);
  // It goes on when the client has hung up: money may already be on its way.
  const { checkout } = meshOf(c, contextOf(c, { lasting: true }));
  const { order, done } = await checkout.placeOrder({
    ...purchase,
    orderId: `ord_${execution.executionId}`,
    wait: asynchronous ? 0 : PATIENCE,
  });
  if (!done) execution.resumable();
  return respond(order, {
    status: done ? 201 : 202,
    headers: {
      location: orderPath(order.id),
      // An order that was done at once was not answered asynchronously, whatever was preferred.
      ...(asynchronous && !done && { "preference-applied": ASYNC }),
    },
  });
}
