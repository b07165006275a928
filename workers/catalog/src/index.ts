import { orders } from "@shop/orders/contract";
import { database, on, publisher, subscriptions } from "@weft/events";
import { type ResourcesOf, service } from "@weft/mesh";
import { changeProduct } from "./change-product.ts";
import { catalog } from "./contract.ts";
import { listProducts } from "./list-products.ts";
import { bestSellers, getProduct, getProducts } from "./products.ts";
import { countSales } from "./sales.ts";
import * as schema from "./schema.ts";

const equipment = [
  database({
    schema,
    publisher: publisher(catalog, { to: { CHECKOUT_EVENTS: "all", VIEWS_EVENTS: "all" } }),
  }),
] as const;
type Resources = ResourcesOf<typeof equipment>;

export default service(catalog, {
  use: [
    ...equipment,
    subscriptions<Resources>({
      name: "catalog",
      from: [
        on(orders, {
          "order.confirmed": async ({ event, db, tx }) => tx.add(countSales(db, event.data.items, 1)),
          "order.cancelled": async ({ event, db, tx }) => tx.add(countSales(db, event.data.items, -1)),
        }),
      ],
    }),
  ],
  handlers: {
    listProducts: ({ input, db }) => listProducts(db, input),
    getProduct: ({ input, db }) => getProduct(db, input.id),
    getProducts: async ({ input, db }) => ({ items: await getProducts(db, input.ids.split(",")) }),
    changeProduct: ({ input, ...writing }) => changeProduct(writing, input),
    bestSellers: async ({ input, db }) => ({ items: await bestSellers(db, input.limit) }),
  },
});
