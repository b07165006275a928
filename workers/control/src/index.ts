import { checkout } from "@shop/checkout/contract";
import { inventory } from "@shop/inventory/contract";
import { orders } from "@shop/orders/contract";
import { payments } from "@shop/payments/contract";
import { views } from "@shop/views/contract";
import { bindings, calls, service } from "@weft/mesh";
import { audit } from "./audit.ts";
import { type CircuitsEnv, listCircuits, overrideCircuit } from "./circuits/circuits.ts";
import { backlogs } from "./backlog/backlog.ts";
import { backlogGauges } from "./backlog/gauges.ts";
import { prometheus } from "./backlog/prometheus.ts";
import { control } from "./contract.ts";
import { deadLetterHandlers } from "./dead-letters/handlers.ts";
import { registryHandlers, type RegistryEnv } from "./registry/handlers.ts";
import { cancelRebuild, listProjections, rebuildProjection } from "./projections/projections.ts";
import { clearFaults, type FaultEnv, listFaults, setFaults } from "./faults/faults.ts";
import { sagaHandlers } from "./sagas/sagas.ts";

/** One object per idempotency key; the gateway's binding IDEMPOTENCY leads here. */
export { IdempotencyStore } from "@weft/idempotency/store";
/** Knows the instances of services outside Workers. */
export { ServiceRegistry } from "./registry/service-registry.ts";

/** One object, with the faults that operators have set; every Worker's binding FAULTS leads here. */
export { FaultSwitch } from "@weft/mesh/fault-switch";

/** One object per region and callee; every calling Worker's binding CIRCUITS leads here. */
export { CircuitVerdict } from "./circuits/circuit-verdict.ts";
export { CircuitDirectory } from "./circuits/circuit-directory.ts";

export default service(control, {
  use: [
    bindings<RegistryEnv & FaultEnv & CircuitsEnv>(),
    calls({ orders, payments, inventory, checkout, views }),
  ],
  handlers: {
    audit: ({ mesh }) => audit(mesh),
    ...registryHandlers,
    ...sagaHandlers,
    ...deadLetterHandlers,
    backlog: ({ scope }) => backlogs(scope),
    metrics: async ({ scope }) => new Blob([prometheus(backlogGauges(await backlogs(scope)))]).stream(),
    getFaults: ({ env }) => listFaults(env),
    setFaults: ({ env, input }) => setFaults(env, input.items, Date.now()),
    clearFaults: ({ env }) => clearFaults(env),
    projections: ({ mesh }) => listProjections(mesh),
    rebuildProjection: ({ mesh, input }) => rebuildProjection(mesh, input),
    cancelRebuild: ({ mesh, input }) => cancelRebuild(mesh, input),
    circuits: ({ env }) => listCircuits(env),
    overrideCircuit: ({ env, input, context }) => overrideCircuit(env, input, context.region),
  },
});
