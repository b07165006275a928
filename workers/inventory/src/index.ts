import { orders } from "@shop/orders/contract";
import { database, on, publisher, subscriptions } from "@weft/events";
import { bindings, type ResourcesOf, service } from "@weft/mesh";
import { fence } from "@weft/saga/participant";
import { audit } from "./audit.ts";
import { inventory } from "./contract.ts";
import { expiry } from "./expiry.ts";
import { reserve } from "./reserve.ts";
import * as schema from "./schema.ts";
import { commit, release, takeBack } from "./settle.ts";
import { getStock, stocksOf } from "./stock.ts";

interface Env {
  /** How long units are held for an order that is neither committed nor released, seconds. */
  RESERVATION_SECONDS: string;
}

const log = publisher(inventory, { to: { ORDERS_EVENTS: "all" } });
const equipment = [bindings<Env>(), database({ schema, publisher: log }), fence()] as const;
type Resources = ResourcesOf<typeof equipment>;

export default service(inventory, {
  use: [
    ...equipment,
    subscriptions<Resources>({
      name: "inventory",
      from: [
        on(orders, { "order.cancelling": ({ event, db, tx }) => takeBack({ db, tx }, event.data.orderId) }),
      ],
    }),
    expiry(),
  ],
  handlers: {
    getStock: ({ input, db }) => getStock(db, input.productId),
    getStocks: async ({ input, db }) => ({ items: await stocksOf(db, input.productIds.split(",")) }),
    reserve: ({ input, db, tx, env }) =>
      reserve({ db, tx }, { ...input, expiresAt: Date.now() + Number(env.RESERVATION_SECONDS) * 1_000 }),
    release: ({ input, db, tx }) => release({ db, tx }, input.orderId),
    commit: ({ input, db, tx }) => commit({ db, tx }, input.orderId),
    audit: ({ input, db }) => audit(db, input.open),
  },
});
