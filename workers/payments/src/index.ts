import { orders } from "@shop/orders/contract";
import { database, on, publisher, subscriptions } from "@weft/events";
import { type ResourcesOf, service } from "@weft/mesh";
import { fence } from "@weft/saga/participant";
import { audit } from "./audit.ts";
import { bankLine } from "./bank-line.ts";
import { authorize, capture, refund, release } from "./charge.ts";
import { payments } from "./contract.ts";
import { ownPayments } from "./own-payments.ts";
import { rebuildLedger } from "./rebuild.ts";
import * as schema from "./schema.ts";

const log = publisher(payments, {
  to: {
    NOTIFICATIONS_EVENTS: ["payment.refunded"],
    ORDERS_EVENTS: ["payment.refunded"],
    VIEWS_EVENTS: "all",
  },
});

const equipment = [bankLine(), database({ schema, publisher: log }), fence()] as const;

export default service(payments, {
  use: [
    ...equipment,
    subscriptions<ResourcesOf<typeof equipment>>({
      name: "payments",
      from: [on(orders, { "order.cancelling": ({ event, ...desk }) => refund(desk, event.data.orderId) })],
    }),
  ],
  handlers: {
    authorize: ({ input, ...desk }) => authorize(desk, input),
    capture: ({ input, ...desk }) => capture(desk, input.orderId),
    void: ({ input, ...desk }) => release(desk, input.orderId),
    getPayments: async ({ input, db, context }) => ({
      items: await ownPayments(db, context.principal?.sub ?? "", input.orderIds.split(",")),
    }),
    audit: ({ input, db }) => audit(db, input.open),
    rebuildLedger: ({ input, ...books }) => rebuildLedger(books, input),
  },
});
