import { catalog } from "@shop/catalog/contract";
import { orders } from "@shop/orders/contract";
import { payments } from "@shop/payments/contract";
import { shipping } from "@shop/shipping/contract";
import type { Envelope } from "@weft/events";
import { rootContext, type Transport, newTrace, writeContext } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { eventOf } from "@weft/testkit/event";
import { TestQueue } from "@weft/testkit/queue";
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

export function shipmentEvent(orderId: string, type: keyof typeof shipping.events, subjectSeq: number) {
  const facts = { shipmentId: `shp_${orderId}`, orderId, userId: "usr_1" };
  return eventOf(shipping, type, orderId, facts, { subjectSeq });
}

interface Facts {
  id: string;
  name: string;
  description?: string;
}

/** All of a product, as it is from now on. */
export function productEvent(
  { id, name, description = "" }: Facts,
  type: keyof typeof catalog.events = "product.added",
  subjectSeq = 1,
) {
  const price = { amount: 100, currency: "EUR" };
  return eventOf(catalog, type, id, { productId: id, name, description, price }, { subjectSeq });
}

/** A publisher's event log as the views can read it. */
export class EventLog implements Transport {
  readonly events: Envelope[] = [];
  down = false;
  /** How often it was read. */
  reads = 0;

  /** Gives the events their places. */
  append(event: Envelope): Envelope {
    const placed = { ...event, sequence: this.events.length + 1 };
    this.events.push(placed);
    return placed;
  }

  async fetch(request: Request): Promise<Response> {
    if (this.down) throw new Error("The publisher is down.");
    this.reads++;
    const { searchParams } = new URL(request.url);
    const after = Number(searchParams.get("after") ?? 0);
    const items = this.events.slice(after, after + Number(searchParams.get("limit") ?? 100));
    return Response.json({ items, head: this.events.length });
  }
}

export function startViews() {
  const DB = d1("migrations/views");
  const logs = {
    orders: new EventLog(),
    payments: new EventLog(),
    shipping: new EventLog(),
    catalog: new EventLog(),
  };
  const own = new TestQueue();
  const env = {
    DB,
    ORDERS: logs.orders,
    PAYMENTS: logs.payments,
    SHIPPING: logs.shipping,
    CATALOG: logs.catalog,
    VIEWS_EVENTS: own,
  };
  const served = serve(worker, env);
  const gateway = served.client(views, { caller: "gateway" });
  const publish = (...events: Envelope[]) =>
    events.map((event) => {
      const name = event.source.replace("/services/", "") as keyof typeof logs;
      return logs[name].append(event);
    });
  const deliver = (...events: readonly unknown[]) => served.queue("views-events", events);
  return {
    DB,
    served,
    logs,
    own,
    control: served.client(views, { caller: "control" }),
    /** Writes events into their publishers' logs; returns the messages. */
    publish,
    deliver,
    /** What happens when all is well: events are logged, and the queue brings them. */
    see: (...events: Envelope[]) => deliver(...publish(...events)),
    list: (sub = "usr_1", input: { limit?: number; cursor?: string } = {}) =>
      served.client(views, { caller: "gateway", principal: { sub, scopes: [] } }).listOrders(input),
    /** The list with its headers. */
    async ask(headers: Record<string, string> = {}) {
      const all = new Headers(headers);
      writeContext(all, rootContext(newTrace(), { principal: { sub: "usr_1", scopes: [] } }), 0);
      return served.binding("gateway").fetch(new Request("http://views/v1/orders", { headers: all }));
    },
    search: (query: string, input: { limit?: number; cursor?: string } = {}) =>
      gateway.searchProducts({ query, ...input }),
    recommend: async (productId: string, limit = 20) =>
      (await gateway.recommendations({ productId, limit })).productIds,
  };
}
