import { expect, it, vi } from "vitest";
import { control as contract } from "../contract.ts";
import { type CircuitsEnv, overrideCircuit } from "./circuits.ts";

/** Objects that answer as little as possible; `asked` are the circuits that were. */
function control(names: string[] = []) {
  const asked: string[] = [];
  const verdict = { state: "open", reason: "operator", retries: "off", since: 0, until: 0, issuedAt: 0 };
  const objects = (answer: (name: string) => object) => ({
    idFromName: (name: string) => name,
    get: (name: string) => ({ fetch: async () => Response.json(answer(name)) }),
  });
  const env = {
    DIRECTORY: objects(() => ({ names: [...names, ...asked] })),
    CIRCUITS: objects((name) => {
      if (!names.includes(name) && !asked.includes(name)) asked.push(name);
      return { ...verdict, name, verdict, transitions: [], isolates: [] };
    }),
    REGISTRY: { getByName: () => ({ list: async () => [{ service: "shipping-rates" }] }) },
  } as unknown as CircuitsEnv;
  return { env, asked };
}

const order = (callee: string) =>
  ({ callee, state: "open", until: "2026-11-22T00:00:00Z", reason: "maintenance" }) as const;

it("takes no order for a callee that nobody knows, and makes no circuit for it", async () => {
  const { env, asked } = control(["EU:inventory"]);
  const refused = overrideCircuit(env, order("inventry"), "EU");
  await expect(refused).rejects.toMatchObject({
    code: "CALLEE_NOT_FOUND",
    status: 404,
    errors: [{ pointer: "/callee", message: expect.stringMatching(/inventory, .*shipping-rates/) }],
  });
  expect(asked).toEqual([]);
});

it.each([
  ["a service that nobody has called yet", "users"],
  ["a service outside Workers", "shipping-rates"],
  ["one that was outside Workers, and is known by its circuit", "quotes"],
])("takes one for %s", async (_, callee) => {
  vi.stubGlobal("caches", undefined);
  const { env } = control(["EU:quotes"]);
  const { items } = await overrideCircuit(env, order(callee), "EU");
  expect(items.map(({ region }) => region)).toContain("EU");
  vi.unstubAllGlobals();
});

it("takes orders that end within a day, and none that has ended", () => {
  const { input } = contract.operations.overrideCircuit;
  const ends = (ms: number) =>
    input.safeParse({ ...order("users"), until: new Date(Date.now() + ms).toISOString() }).error?.issues;
  expect(ends(60_000)).toBeUndefined();
  for (const ms of [-60_000, 25 * 3_600_000])
    expect(ends(ms)).toEqual([expect.objectContaining({ path: ["until"] })]);
});
