import { checkout } from "@shop/checkout/contract";
import { inventory } from "@shop/inventory/contract";
import { orders } from "@shop/orders/contract";
import { payments } from "@shop/payments/contract";
import { bindings, calls, service } from "@weft/mesh";
import { audit } from "./audit.ts";
import { control } from "./contract.ts";
import { registryHandlers, type RegistryEnv } from "./registry/handlers.ts";

/** One object per idempotency key; the gateway's binding IDEMPOTENCY leads here. */
export { IdempotencyStore } from "@weft/idempotency/store";
/** Knows the instances of services outside Workers. */
export { ServiceRegistry } from "./registry/service-registry.ts";

export default service(control, {
  use: [bindings<RegistryEnv>(), calls({ orders, payments, inventory, checkout })],
  handlers: {
    audit: ({ mesh }) => audit(mesh),
    ...registryHandlers,
  },
});
