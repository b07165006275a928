import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { FaultRule } from "@weft/mesh";
import type { FaultSwitch } from "@weft/mesh/fault-switch";
import { expect, it } from "vitest";

const { FAULTS } = env as unknown as { FAULTS: DurableObjectNamespace<FaultSwitch> };
const rule = (to: string, lasts: number): FaultRule => ({
  edge: { from: "gateway", to },
  fault: { kind: "abort", code: "UNAVAILABLE" },
  percentage: 100,
  until: Date.now() + lasts,
});
const HOUR = 3_600_000;

it("keeps rules over a restart, puts new ones in the place of the old, and forgets those that are over", async () => {
  const board = FAULTS.getByName("one");
  expect(await board.rules()).toEqual([]);
  const first = rule("inventory", HOUR);
  expect(await board.replace([first, rule("views", -1)])).toEqual([first]);
  await evictDurableObject(board);
  expect(await board.rules()).toEqual([first]);
  const second = rule("catalog", HOUR);
  await board.replace([second]);
  expect(await board.rules()).toEqual([second]);
  expect(await board.replace([])).toEqual([]);
});
