import { database, projections } from "@weft/events";
import { header, meshError, respond, service } from "@weft/mesh";
import { salesProjection, recommend } from "./co-purchases.ts";
import { views } from "./contract.ts";
import { listOrders } from "./order-list.ts";
import { ordersProjection } from "./order-view.ts";
import { knowsNothing, productsProjection, searchProducts } from "./product-search.ts";
import * as schema from "./schema.ts";

/** Longest wait for the orders' newest events, ms: leaves most of the list's 2 s for its own queries. */
const CATCH_UP = 800;

export default service(views, {
  use: [
    database({ schema }),
    projections({
      name: "views",
      all: [ordersProjection, salesProjection, productsProjection],
      queue: "VIEWS_EVENTS",
    }),
  ],
  handlers: {
    // Who has just ordered wants to see it: what the queue has not brought yet is fetched first.
    listOrders: async ({ input, db, context, projections }) => {
      const current = await projections.freshen("orders", { newestOf: ["orders"], timeout: CATCH_UP });
      const page = await listOrders(db, context.principal?.sub ?? "", input);
      return respond(page, { headers: current ? {} : { [header.degraded]: "orders" } });
    },
    recommendations: async ({ input, db }) => ({
      productIds: await recommend(db, input.productId, input.limit),
    }),
    searchProducts: async ({ input, db, projections }) => {
      // Who has changed a product finds it as it is now; others wait for nothing, except in a view that is brand-new.
      const newestOf = (await knowsNothing(db)) ? ["catalog"] : [];
      const current = await projections.freshen("products", { newestOf, timeout: CATCH_UP });
      if (!current && newestOf.length > 0) throw meshError("UNAVAILABLE", "No product is known here yet.");
      return searchProducts(db, input);
    },
    listProjections: ({ projections }) => projections.list(),
    rebuildProjection: ({ input, projections }) => projections.rebuild(input.name),
    cancelRebuild: ({ input, projections }) => projections.cancelRebuild(input.name),
  },
});
