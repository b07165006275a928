import { OrderStatus } from "@shop/orders/contract";
import { command, contract, query } from "@weft/mesh";
import * as z from "zod";
import { registryOperations } from "./registry/contract.ts";
import { backlogOperations } from "./backlog/contract.ts";
import { deadLetterOperations } from "./dead-letters/contract.ts";
import { FaultOrder, Faults } from "./faults/contract.ts";
import { circuits, overrideCircuit } from "./circuits/contract.ts";
import { getSaga, listSagas, orderSaga, sagaNeeds, signalSaga } from "./sagas/contract.ts";
import { projectionOrders } from "./projections/contract.ts";

/** What operators ask for, and the objects that all services share. */
export const control = contract("control", {
  circuits,
  overrideCircuit,
  listSagas,
  getSaga,
  orderSaga,
  signalSaga,
  sagaNeeds,
  audit: query("GET /internal/audit", {
    summary:
      "Is every cent and every unit accounted for? Computed from the services' databases, never cached",
    output: z.object({
      balanced: z.boolean(),
      money: z.object({ expected: z.int(), actual: z.int(), inFlight: z.int() }),
      stock: z.object({ expected: z.int(), actual: z.int(), reserved: z.int() }),
      orders: z.partialRecord(OrderStatus, z.int()),
      sagas: z.record(z.string(), z.int()),
      /** false: orders kept changing while the books were read, so they may disagree without anything being wrong. */
      consistent: z.literal(false).optional(),
    }),
    auth: "operator",
    timeout: 10_000,
    allow: ["gateway"],
  }),
  ...registryOperations,
  ...deadLetterOperations,
  ...backlogOperations,
  ...projectionOrders,
  getFaults: query("GET /internal/faults", {
    summary: "The faults that are set now",
    output: Faults,
    auth: "operator",
    allow: ["gateway"],
  }),
  setFaults: command("PUT /internal/faults", {
    summary: "Rehearse failures: these faults, and no others, from about now on",
    input: z.object({ items: z.array(FaultOrder).max(50) }),
    output: Faults,
    errors: { FAULTS_OFF: 409, UNKNOWN_EDGE: 422 },
    auth: "operator",
    idempotent: true,
    allow: ["gateway"],
  }),
  clearFaults: command("DELETE /internal/faults", {
    summary: "End all rehearsed failures",
    output: Faults,
    auth: "operator",
    idempotent: true,
    allow: ["gateway"],
  }),
});
