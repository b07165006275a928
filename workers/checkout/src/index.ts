import { catalog } from "@shop/catalog/contract";
import { orders } from "@shop/orders/contract";
import { calls, service } from "@weft/mesh";
import { sagaHandlers, sagas } from "@weft/saga";
import { coordinator } from "@weft/saga/coordinator";
import { checkOut } from "./check-out.ts";
import { checkout } from "./contract.ts";
import { placeOrder } from "./place-order.ts";

export class SagaCoordinator extends coordinator({ service: "checkout", definitions: [placeOrder] }) {}

export default service(checkout, {
  use: [calls({ catalog, orders }), sagas({ object: "SAGAS" })],
  handlers: {
    placeOrder: ({ input, sagas, mesh, context }) => checkOut(input, { sagas, mesh, context }),
    ...sagaHandlers,
    audit: async ({ sagas }) => ({ sagas: await sagas.count() }),
  },
});
