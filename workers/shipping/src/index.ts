import { control } from "@shop/control/contract";
import { orders } from "@shop/orders/contract";
import { database, on, publisher, subscriptions } from "@weft/events";
import {
  connect,
  header,
  newTrace,
  type ResourcesOf,
  respond,
  rootContext,
  type Scope,
  service,
} from "@weft/mesh";
import { type LoadSnapshot, outsideCalls } from "@weft/mesh/registry";
import { shipping } from "./contract.ts";
import { getRates } from "./rates.ts";
import { shippingRates } from "./rates-contract.ts";
import * as schema from "./schema.ts";
import { listOpen, prepare, stop } from "./shipments.ts";

/** Asked beside calls and for all of them, so no caller's deadline or departure ends it. */
const registry =
  (scope: Scope): LoadSnapshot =>
  (input) =>
    connect({ control }, scope, rootContext(newTrace())).control.findInstances(input);

const log = publisher(shipping, { to: { VIEWS_EVENTS: "all" } });

const equipment = [
  database({ schema, publisher: log }),
  outsideCalls({ rates: shippingRates }, registry),
] as const;
type Resources = ResourcesOf<typeof equipment>;

const parcels = subscriptions<Resources>({
  name: "shipping",
  from: [
    on(
      orders,
      {
        "order.confirmed": ({ event, ...writing }) =>
          prepare(writing, { ...event.data, at: Date.parse(event.time) }),
        "order.cancelling": ({ event, ...writing }) =>
          stop(writing, { ...event.data, at: Date.parse(event.time) }),
      },
      // A parcel is stopped after it was prepared, never before.
      { ordered: true },
    ),
  ],
});

export default service(shipping, {
  use: [...equipment, parcels],
  handlers: {
    listOpen: ({ input, db, context }) => listOpen(db, context.principal?.sub ?? "", input),
    getRates: async ({ input, outside }) => {
      const rate = await getRates(outside, input);
      return respond(rate, { headers: rate.degraded ? { [header.degraded]: "rates" } : {} });
    },
  },
});
