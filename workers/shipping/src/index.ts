import { orders } from "@shop/orders/contract";
import { database, on, subscriptions } from "@weft/events";
import { type ResourcesOf, service } from "@weft/mesh";
import { shipping } from "./contract.ts";
import * as schema from "./schema.ts";
import { listOpen, prepare, stop } from "./shipments.ts";

const equipment = [database({ schema })] as const;
type Resources = ResourcesOf<typeof equipment>;

const parcels = subscriptions<Resources>({
  name: "shipping",
  from: [
    on(orders, {
      "order.confirmed": async ({ event, db, tx }) =>
        tx.add(prepare(db, { ...event.data, at: Date.parse(event.time) })),
      "order.cancelling": async ({ event, db, tx }) =>
        tx.add(stop(db, { ...event.data, at: Date.parse(event.time) })),
    }),
  ],
});

export default service(shipping, {
  use: [...equipment, parcels],
  handlers: {
    listOpen: ({ input, db, context }) => listOpen(db, context.principal?.sub ?? "", input),
  },
});
