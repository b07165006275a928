import { inventory } from "@shop/inventory/contract";
import { payments } from "@shop/payments/contract";
import { database, on, publisher, subscriptions } from "@weft/events";
import { respond, type ResourcesOf, service, systemRuntime } from "@weft/mesh";
import { fence } from "@weft/saga/participant";
import { audit } from "./audit.ts";
import { cancel, partReturned } from "./cancellation.ts";
import { orderPath, orders } from "./contract.ts";
import { confirm, place, reject } from "./lifecycle.ts";
import * as schema from "./schema.ts";
import { isSettled } from "./status.ts";
import { statusStream } from "./status-stream.ts";
import { getOrder, getOwnOrder, timelineAfter } from "./store.ts";

const log = publisher(orders, {
  to: {
    VIEWS_EVENTS: "all",
    SHIPPING_EVENTS: ["order.confirmed", "order.cancelling"],
    NOTIFICATIONS_EVENTS: ["order.confirmed", "order.rejected", "order.cancelled"],
    PAYMENTS_EVENTS: ["order.cancelling"],
    INVENTORY_EVENTS: ["order.cancelling"],
    CATALOG_EVENTS: ["order.confirmed", "order.cancelled"],
  },
});

const equipment = [database({ schema, publisher: log }), fence()] as const;
type Resources = ResourcesOf<typeof equipment>;

/** A cancellation is choreographed: when money and stock are both back, in whatever order, it is done. */
const returns = subscriptions<Resources>({
  name: "orders",
  from: [
    on(payments, {
      "payment.refunded": ({ event, ...writing }) => partReturned(writing, event.data.orderId, "money"),
    }),
    on(inventory, {
      "stock.returned": ({ event, ...writing }) => partReturned(writing, event.data.orderId, "stock"),
    }),
  ],
});

export default service(orders, {
  use: [...equipment, returns],
  handlers: {
    get: async ({ input, db, context }) => (await getOwnOrder(db, input.id, context.principal?.sub)).order,
    stream: async ({ input, db, context }) => {
      const { order } = await getOwnOrder(db, input.id, context.principal?.sub);
      const after = Math.min(input.lastEventId ?? 0, order.timeline.length);
      // An EventSource comes back after every end of stream; 204 tells it that nothing more will come.
      if (isSettled(order.status) && after >= order.timeline.length) return respond(null, { status: 204 });
      const read = async (seq: number) => timelineAfter(db, order.id, seq);
      return statusStream({ read, after, signal: context.signal, runtime: systemRuntime });
    },
    cancel: async ({ input, context, ...writing }) => {
      const order = await cancel(writing, input.id, context.principal?.sub);
      return respond(order, { headers: { location: orderPath(order.id) } });
    },
    find: async ({ input, db }) => (await getOrder(db, input.orderId)).order,
    create: ({ input, ...writing }) => place(writing, input),
    reject: ({ input, ...writing }) => reject(writing, input.orderId, input.reason),
    confirm: ({ input, ...writing }) => confirm(writing, input.orderId),
    audit: ({ db }) => audit(db),
  },
});
