import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readRules } from "./read-rules.ts";
import type { FaultRule } from "./rule.ts";

const rules: FaultRule[] = [
  {
    edge: { from: "gateway", to: "inventory" },
    fault: { kind: "abort", code: "UNAVAILABLE" },
    percentage: 100,
    until: 10_000,
  },
];

const stored = new Map<string, Response>();
beforeEach(() => {
  stored.clear();
  vi.stubGlobal("caches", {
    default: {
      match: async (key: string) => stored.get(key)?.clone(),
      put: async (key: string, response: Response) => void stored.set(key, response),
    },
  });
});
afterEach(() => void vi.unstubAllGlobals());

const hostWith = (env: object) => ({ service: "gateway", env, waitUntil: () => {} });

it("asks the object once for a whole data centre, and again when the copy is two seconds old", async () => {
  const object = { rules: vi.fn<() => Promise<FaultRule[]>>(async () => rules) };
  const getByName = vi.fn<(name: string) => typeof object>(() => object);
  const host = hostWith({ FAULTS: { getByName } });
  expect([await readRules(host), await readRules(host)]).toEqual([rules, rules]);
  expect(object.rules).toHaveBeenCalledTimes(1);
  expect(getByName).toHaveBeenCalledWith("faults");
  expect([...stored.values()].map(({ headers }) => headers.get("cache-control"))).toEqual(["max-age=2"]);
  stored.clear();
  await readRules(host);
  expect(object.rules).toHaveBeenCalledTimes(2);
});

it("knows of none without the object, and says when it cannot be reached", async () => {
  expect(await readRules(hostWith({}))).toEqual([]);
  const broken = { rules: () => Promise.reject(new Error("overloaded")) };
  const host = hostWith({ FAULTS: { getByName: () => broken } });
  await expect(readRules(host)).rejects.toThrow("overloaded");
});
