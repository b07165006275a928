import { catalog } from "@shop/catalog/contract";
import { orders } from "@shop/orders/contract";
import { database, on, subscriptions } from "@weft/events";
import { calls, type ResourcesOf, service } from "@weft/mesh";
import { sagaHandlers, sagas } from "@weft/saga";
import { checkOut } from "./check-out.ts";
import { checkout } from "./contract.ts";
import { findProducts, keep } from "./price-list.ts";
import * as schema from "./schema.ts";

// Sagas come first: their sweep does not wait for the catalog's log.
const equipment = [calls({ catalog, orders }), sagas({ object: "SAGAS" }), database({ schema })] as const;
type Resources = ResourcesOf<typeof equipment>;

export default service(checkout, {
  use: [
    ...equipment,
    subscriptions<Resources>({
      name: "checkout",
      from: [
        on(catalog, {
          "product.added": ({ event, db, tx }) => tx.add(keep(db, event)),
          "product.changed": ({ event, db, tx }) => tx.add(keep(db, event)),
        }),
      ],
    }),
  ],
  handlers: {
    placeOrder: ({ input, sagas, mesh, context, db }) =>
      checkOut(input, { sagas, mesh, context, findProducts: (ids) => findProducts(db, mesh, ids) }),
    ...sagaHandlers,
    audit: async ({ sagas }) => ({ sagas: await sagas.count() }),
  },
});
