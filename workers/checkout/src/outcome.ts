import { type Order, orderPath } from "@shop/orders/contract";
import { type FieldError, MeshError, meshError } from "@weft/mesh";
import type { Failure, SagaSnapshot } from "@weft/saga";
import { checkout } from "./contract.ts";
import type { PricedOrder, placeOrder } from "./place-order.ts";
import { quantitiesOf, type Wish } from "./price.ts";

export type Checkout = SagaSnapshot<typeof placeOrder>;

const titles: Record<string, string> = {
  OUT_OF_STOCK: "Not enough of a product is left",
  PAYMENT_DECLINED: "The payment was declined",
};

/** What a buyer is told about an order that went back. */
export function refusal(
  snapshot: Checkout,
  { code, detail, errors }: Failure,
  wishes: readonly Wish[],
): MeshError {
  const headers = { location: orderPath(snapshot.id) };
  const status = checkout.operations.placeOrder.errors[code];
  const ending = endingOf(snapshot);
  if (status === undefined) {
    // The same order stays rejected however often it is asked for, so nobody should repeat this call.
    return meshError("UNAVAILABLE", `A part of the shop did not answer. ${ending}`, {
      retryable: false,
      headers,
    });
  }
  return new MeshError(code, {
    status,
    title: titles[code],
    detail: detail ? `${detail} ${ending}` : ending,
    errors: errors && inRequest(errors, snapshot.input.items, wishes),
    headers,
  });
}

/** Claims no more than has happened. Nothing is taken before the saga's pivot, but an amount may still be held. */
function endingOf({ id, state, parked }: Checkout): string {
  if (state === "COMPENSATED") return `Order ${id} was rejected and nothing was charged.`;
  if (state !== "PARTIALLY_COMPENSATED")
    return `Order ${id} was not accepted and will not be charged; taking it back is still under way.`;
  const record = parked.includes("create") ? "it may still be shown as pending" : "it was rejected";
  const money = parked.includes("authorize")
    ? "its amount may still be held on the payment method"
    : "nothing was charged";
  return `Order ${id} was not accepted: ${record}, and ${money}.`;
}

/** The saga names each product once; its buyer may have written it on several lines. */
function inRequest(
  errors: readonly FieldError[],
  items: PricedOrder["items"],
  wishes: readonly Wish[],
): FieldError[] {
  return errors.flatMap(({ pointer, message }) => {
    const item = items[Number(/^\/items\/(\d+)\//.exec(pointer)?.[1])];
    return item ? quantitiesOf(item.productId, wishes, message) : [];
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
