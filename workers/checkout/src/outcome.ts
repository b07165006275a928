import type { Order } from "@shop/orders/contract";
import { MeshError, meshError } from "@weft/mesh";
import type { Failure, SagaSnapshot } from "@weft/saga";
import { checkout } from "./contract.ts";
import type { PricedOrder, placeOrder } from "./place-order.ts";

export type Checkout = SagaSnapshot<typeof placeOrder>;

const titles: Record<string, string> = {
  OUT_OF_STOCK: "Not enough of a product is left",
  PAYMENT_DECLINED: "The payment was declined",
};

/** What a buyer is told about an order that went back. Nothing is charged before the saga's pivot, which was not reached. */
export function refusal(orderId: string, { code, detail }: Failure): MeshError {
  const status = checkout.operations.placeOrder.errors[code];
  const ending = `Order ${orderId} was rejected and nothing was charged.`;
  if (status === undefined) {
    // The same order stays rejected however often it is asked for, so nobody should repeat this call.
    return meshError("UNAVAILABLE", `A part of the shop did not answer. ${ending}`, { retryable: false });
  }
  return new MeshError(code, {
    status,
    title: titles[code],
    detail: detail ? `${detail} ${ending}` : ending,
  });
}

/** The order before the orders service has said anything about it. */
export function pendingOrder({ orderId, items, total }: PricedOrder, placedAt: number): Order {
  const at = new Date(placedAt).toISOString();
  return { id: orderId, status: "pending", items, total, timeline: [{ status: "pending", at }] };
}

/** The newest order that the saga's own steps have seen. */
export function orderOf({ input, results, startedAt }: Checkout): Order {
  return results.confirm ?? results.create ?? pendingOrder(input, startedAt);
}
