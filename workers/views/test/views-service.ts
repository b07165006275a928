import { orders } from "@shop/orders/contract";
import { payments } from "@shop/payments/contract";
import type { Transport } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { eventOf } from "@weft/testkit/event";
import { serve } from "@weft/testkit/serve";
import { views } from "../src/contract.ts";
import worker from "../src/index.ts";

export type OrderEvent = ReturnType<typeof orderEvent>;

const types = [
  "order.placed",
  "order.confirmed",
  "order.rejected",
  "order.cancelling",
  "order.cancelled",
] as const;
export type OrderEventType = (typeof types)[number];

export interface Basket {
  orderId: string;
  userId?: string;
  /** Quantity by product. */
  products?: Record<string, number>;
}

/** An order's event; its time is `seq` s after the order's own. */
export function orderEvent(
  { orderId, userId = "usr_1", products = { a: 1 } }: Basket,
  type: OrderEventType,
  subjectSeq: number,
  at = 0,
) {
  const items = Object.entries(products).map(([productId, quantity]) => ({
    productId,
    name: `Product ${productId}`,
    quantity,
    price: { amount: 100, currency: "EUR" },
  }));
  const facts = { orderId, userId, items, total: { amount: 100, currency: "EUR" }, reason: "OUT_OF_STOCK" };
  return eventOf(orders, type, orderId, facts, { subjectSeq, at: at + subjectSeq * 1_000 });
}

/** Its events in their order. */
export type Life = readonly [OrderEventType, ...OrderEventType[]];

export function history(basket: Basket, [first, ...rest]: Life, at = 0): [OrderEvent, ...OrderEvent[]] {
  const later = rest.map((type, index) => orderEvent(basket, type, index + 2, at));
  return [orderEvent(basket, first, 1, at), ...later];
}

export function paymentEvent(orderId: string, type: keyof typeof payments.events, subjectSeq: number) {
  return eventOf(
    payments,
    type,
    orderId,
    { orderId, userId: "usr_1", amount: { amount: 100, currency: "EUR" } },
    { subjectSeq },
  );
}

/** The orders' event log as the views can read it. */
export function logOf(events: OrderEvent[]): Transport & { down: boolean } {
  return {
    down: false,
    async fetch(request) {
      if (this.down) throw new Error("orders is down");
      const after = Number(new URL(request.url).searchParams.get("after") ?? 0);
      const numbered = events.map((event, index) => ({ ...event, sequence: index + 1 }));
      return Response.json({ items: numbered.slice(after), head: events.length });
    },
  };
}

export function startViews(log: OrderEvent[] = []) {
  const DB = d1("migrations/views");
  const source = logOf(log);
  const served = serve(worker, { DB, ORDERS: source, PAYMENTS: source });
  const gateway = served.client(views, { caller: "gateway" });
  return {
    DB,
    served,
    log: source,
    deliver: (...events: unknown[]) => served.queue("views-events", events),
    list: (sub = "usr_1", input: { limit?: number; cursor?: string } = {}) =>
      served.client(views, { caller: "gateway", principal: { sub, scopes: [] } }).listOrders(input),
    recommend: async (productId: string, limit = 20) =>
      (await gateway.recommendations({ productId, limit })).productIds,
  };
}
