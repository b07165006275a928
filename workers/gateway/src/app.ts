import {
  accessLog,
  admission,
  bodyLimit,
  cleanHeaders,
  clientOf,
  consistency,
  cors,
  type GatewayEnv,
  nameVersion,
  registrar,
  rescue,
  routes,
  runToEnd,
  traceRequest,
} from "@weft/gateway";
import { idempotent, type IdempotencyVariables } from "@weft/idempotency";
import { type Context, Hono } from "hono";
import { etag } from "hono/etag";
import { secureHeaders } from "hono/secure-headers";
import { docs } from "./docs.ts";
import type { ShopEnv } from "./env.ts";
import { health } from "./health.ts";
import { perClient, perLogin, perPassword } from "./limits.ts";
import { services, toMesh } from "./mesh.ts";
import { getOrder, listOrders } from "./orders.ts";
import { overview } from "./overview.ts";
import { placeOrder } from "./place-order.ts";
import { getProduct, listProducts } from "./products.ts";
import { publicApi as api } from "./public-api.ts";
import { recommendations } from "./recommendations.ts";
import { whoIsAsking } from "./who-is-asking.ts";

/** JSON is no page: it runs nothing, and nobody frames it. /docs has a policy of its own. */
const documentPolicy: Parameters<typeof secureHeaders>[0] = {
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  overwrite: false,
  // About pages alone, or about browsers that are gone.
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

/** Strangers that sign up have nothing but their address to tell them apart: two of them may choose the same key. */
function keyOwner(c: Context<GatewayEnv>): string {
  const { email } = (c.var.input ?? {}) as { email?: string };
  return c.var.principal || !email ? clientOf(c) : `stranger ${email.toLowerCase()}`;
}

const app = new Hono<ShopEnv>();

rescue(app);
app.use(
  // Outside everything that holds something for the time of a request.
  runToEnd,
  // Outside all the rest: it logs what the client gets, whoever decided on it.
  accessLog(),
  // Errors name the trace.
  traceRequest,
  // Outside what keeps the mesh's headers in: the version, and the one header that clients may send as well.
  nameVersion,
  consistency,
  // Before anything believes a header of the mesh.
  cleanHeaders,
  secureHeaders(documentPolicy),
  // Browsers must be able to read refusals, too.
  cors(),
  // Before anything reads the body.
  bodyLimit(),
);

const { forward, compose } = routes(app, {
  authenticate: whoIsAsking,
  admit: admission(),
  limit: perClient,
  once: idempotent({
    store: (c) => c.env.IDEMPOTENCY,
    scope: keyOwner,
    docs: "/docs",
    // Whoever has lost the first answer reads what it wrote as well.
    carry: {
      take: ({ var: { consistency: seen } }) => seen?.news ?? "",
      give: ({ var: { consistency: seen } }, carried) => seen?.merge(carried),
    },
    // An order's saga is joined, and a cancellation is what it is however often it is asked for. What will not get
    // better by asking again is kept.
    resumable: ({ var: { failure } }) => failure?.retryable || failure?.code === "INTERNAL",
  }),
  executionOf: (c) => (c.var as Partial<IdempotencyVariables>).execution?.executionId,
  outbound: toMesh,
});

forward(api.register, { use: [perPassword] });
forward(api.logIn, { use: [perPassword, perLogin] });
forward(api.getProfile);
forward(api.getKeys);
compose(api.listProducts, listProducts, { use: [etag()] });
compose(api.getProduct, getProduct, { use: [etag()] });
compose(api.getRecommendations, recommendations, { use: [etag()] });
compose(api.placeOrder, placeOrder);
compose(api.listOrders, listOrders);
compose(api.getOrder, getOrder);
forward(api.streamOrder);
forward(api.cancelOrder);
forward(api.getShippingRates);
compose(api.getOverview, overview);

// Operators' paths: the services let in nobody else.
forward(services.control.operations.audit, { path: "/_weft/audit" });
forward(services.control.operations.getFaults, { path: "/_weft/faults" });
forward(services.control.operations.setFaults, { path: "/_weft/faults" });
forward(services.control.operations.clearFaults, { path: "/_weft/faults" });
forward(services.control.operations.circuits, { path: "/_weft/circuits" });
forward(services.control.operations.overrideCircuit, { path: "/_weft/circuits/:callee" });
forward(services.control.operations.listSagas, { path: "/_weft/sagas" });
forward(services.control.operations.getSaga, { path: "/_weft/sagas/:id" });
forward(services.control.operations.orderSaga, { path: "/_weft/sagas/:id/orders" });
forward(services.control.operations.signalSaga, { path: "/_weft/sagas/:id/signals/:step" });
forward(services.control.operations.sagaNeeds, { path: "/_weft/saga-needs" });
forward(services.control.operations.listDeadLetters, { path: "/_weft/dead-letters" });
forward(services.control.operations.replayDeadLetters, { path: "/_weft/dead-letters/replay" });
forward(services.control.operations.discardDeadLetters, { path: "/_weft/dead-letters/discard" });
forward(services.control.operations.getDeadLetter, { path: "/_weft/dead-letters/:service/:id" });
forward(services.control.operations.editDeadLetter, { path: "/_weft/dead-letters/:service/:id" });
forward(services.control.operations.replayDeadLetter, { path: "/_weft/dead-letters/:service/:id/replay" });
forward(services.control.operations.discardDeadLetter, { path: "/_weft/dead-letters/:service/:id/discard" });
forward(services.control.operations.backlog, { path: "/_weft/backlog" });
forward(services.control.operations.metrics, { path: "/metrics" });
const rebuild = "/_weft/projections/:service/:name/rebuild";
forward(services.control.operations.projections, { path: "/_weft/projections" });
forward(services.control.operations.rebuildProjection, { path: rebuild });
forward(services.control.operations.cancelRebuild, { path: rebuild });
forward(services.catalog.operations.changeProduct, { path: "/_weft/products/:id" });
forward(services.payments.operations.rebuildLedger, { path: "/_weft/ledger/rebuild" });
forward(services.notifications.operations.list, { path: "/_weft/notifications" });
forward(services.users.operations.rotateKeys, { path: "/_weft/keys/rotation" });
forward(services.control.operations.listInstances, { path: "/_weft/registry" });
forward(services.control.operations.issueRegistrationToken, { path: "/_weft/registry/tokens" });

// Services outside Workers come and go here, with a token of their own.
const instances = { use: [registrar((c) => c.env.REGISTRY_TOKEN)] };
forward(services.control.operations.register, { path: "/_mesh/registrations", ...instances });
forward(services.control.operations.renew, { path: "/_mesh/registrations/:service/:id", ...instances });
forward(services.control.operations.deregister, { path: "/_mesh/registrations/:service/:id", ...instances });

// Asking for the whole mesh's health costs a call to every service.
app.use("/health/detailed", perClient);
health(app);
docs(app);

export { app };
