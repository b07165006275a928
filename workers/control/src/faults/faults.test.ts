import type { FaultRule } from "@weft/mesh";
import { expect, it } from "vitest";
import { clearFaults, type FaultEnv, listFaults, setFaults } from "./faults.ts";

function control(WEFT_FAULTS?: string) {
  let rules: readonly FaultRule[] = [];
  const board = { rules: async () => rules, replace: async (all: readonly FaultRule[]) => (rules = all) };
  const registry = { list: async () => [{ service: "shipping-rates" }] };
  return {
    WEFT_FAULTS,
    FAULTS: { getByName: () => board },
    REGISTRY: { getByName: () => registry },
  } as unknown as FaultEnv;
}

const order = {
  edge: { from: "gateway", to: "inventory" },
  fault: { kind: "abort", code: "UNAVAILABLE" },
  percentage: 50,
  seconds: 60,
} as const;

it("sets a fault that ends by itself so many seconds from now, and clears it", async () => {
  const env = control("on");
  const { seconds: _, ...shown } = order;
  const set = await setFaults(env, [order], Date.parse("2026-11-21T12:00:00Z"));
  expect(set).toEqual({ items: [{ ...shown, until: "2026-11-21T12:01:00.000Z" }] });
  expect(await listFaults(env)).toEqual(set);
  expect(await clearFaults(env)).toEqual({ items: [] });
});

it.each([undefined, "off"])(
  "sets none where the mesh is not to fail on purpose (%s), but clears",
  async (on) => {
    const env = control(on);
    await expect(setFaults(env, [order], 0)).rejects.toMatchObject({ code: "FAULTS_OFF", status: 409 });
    expect(await listFaults(env)).toEqual({ items: [] });
    expect(await clearFaults(env)).toEqual({ items: [] });
  },
);

it.each([
  ["from", { from: "gatway", to: "inventory" }, "checkout"],
  ["to", { from: "gateway", to: "inventry" }, "inventory"],
  ["to", { from: "checkout", to: "gateway" }, "shipping-rates"],
  ["operation", { from: "gateway", to: "inventory", operation: "inventory.getStok" }, "inventory.getStock"],
])("sets none for a name that nobody has (%s), and says which there are", async (field, edge, known) => {
  const env = control("on");
  await expect(setFaults(env, [order, { ...order, edge }], 0)).rejects.toMatchObject({
    code: "UNKNOWN_EDGE",
    status: 422,
    errors: [{ pointer: `/items/1/edge/${field}`, message: expect.stringContaining(known) }],
  });
  expect(await listFaults(env)).toEqual({ items: [] });
});

it.each([
  { from: "shipping", to: "shipping-rates", operation: "shipping-rates.quote" },
  { from: "views", to: "orders", operation: "orders.events" },
  { from: "gateway", to: "users", operation: "users.health" },
])("sets one on whatever is called: $to $operation", async (edge) => {
  expect((await setFaults(control("on"), [{ ...order, edge }], 0)).items).toHaveLength(1);
});
