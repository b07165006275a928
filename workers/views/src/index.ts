import { orders } from "@shop/orders/contract";
import { payments } from "@shop/payments/contract";
import { database, on, subscriptions } from "@weft/events";
import { header, respond, type ResourcesOf, service } from "@weft/mesh";
import { countBasket, recommend } from "./co-purchases.ts";
import { views } from "./contract.ts";
import { listOrders } from "./order-list.ts";
import { orderStatements, paymentStatement } from "./order-view.ts";
import * as schema from "./schema.ts";

/** Longest wait for the orders' newest events, ms: leaves most of the list's 2 s for its own queries. */
const CATCH_UP = 800;

const equipment = [database({ schema })] as const;
type Resources = ResourcesOf<typeof equipment>;

const projections = subscriptions<Resources>({
  name: "views",
  from: [
    on(orders, {
      "order.placed": ({ event, db, tx }) => tx.add(...orderStatements(db, "pending", event)),
      "order.confirmed": ({ event, db, tx }) =>
        tx.add(...orderStatements(db, "confirmed", event), ...countBasket(db, event.data.items, 1)),
      "order.rejected": ({ event, db, tx }) => tx.add(...orderStatements(db, "rejected", event)),
      "order.cancelling": ({ event, db, tx }) => tx.add(...orderStatements(db, "cancelling", event)),
      "order.cancelled": ({ event, db, tx }) =>
        tx.add(...orderStatements(db, "cancelled", event), ...countBasket(db, event.data.items, -1)),
    }),
    on(payments, {
      "payment.authorized": ({ event, db, tx }) => tx.add(paymentStatement(db, "authorized", event)),
      "payment.captured": ({ event, db, tx }) => tx.add(paymentStatement(db, "captured", event)),
      "payment.voided": ({ event, db, tx }) => tx.add(paymentStatement(db, "voided", event)),
      "payment.refunded": ({ event, db, tx }) => tx.add(paymentStatement(db, "refunded", event)),
    }),
  ],
});

export default service(views, {
  use: [...equipment, projections],
  handlers: {
    // Who has just ordered wants to see it: what the queue has not brought yet is fetched first.
    listOrders: async ({ input, db, context, catchUp }) => {
      const current = await catchUp("orders", { timeout: CATCH_UP });
      const page = await listOrders(db, context.principal?.sub ?? "", input);
      return respond(page, { headers: current ? {} : { [header.degraded]: "orders" } });
    },
    recommendations: async ({ input, db }) => ({
      productIds: await recommend(db, input.productId, input.limit),
    }),
  },
});
