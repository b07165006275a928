import { checkout } from "@shop/checkout/contract";
import { inventory } from "@shop/inventory/contract";
import { orders } from "@shop/orders/contract";
import { payments } from "@shop/payments/contract";
import { bindings, calls, service } from "@weft/mesh";
import { audit } from "./audit.ts";
import { control } from "./contract.ts";
import { registryHandlers, type RegistryEnv } from "./registry/handlers.ts";
import { clearFaults, type FaultEnv, listFaults, setFaults } from "./faults/faults.ts";

/** One object per idempotency key; the gateway's binding IDEMPOTENCY leads here. */
export { IdempotencyStore } from "@weft/idempotency/store";
/** Knows the instances of services outside Workers. */
export { ServiceRegistry } from "./registry/service-registry.ts";

/** One object, with the faults that operators have set; every Worker's binding FAULTS leads here. */
export { FaultSwitch } from "@weft/mesh/fault-switch";

export default service(control, {
  use: [bindings<RegistryEnv & FaultEnv>(), calls({ orders, payments, inventory, checkout })],
  handlers: {
    audit: ({ mesh }) => audit(mesh),
    ...registryHandlers,
    getFaults: ({ env }) => listFaults(env),
    setFaults: ({ env, input }) => setFaults(env, input.items, Date.now()),
    clearFaults: ({ env }) => clearFaults(env),
  },
});
