import { describe, expect, it } from "vitest";
import { faults } from "./callee.ts";
import { broken, partialOutage, totalOutage } from "./experiment.ts";
import { FIFTH, fifth, fleets, simulate } from "./fleet.ts";
import { consecutive, grpc, local, weft } from "./policies.ts";

const quick = { fleets: fleets.map(fifth), geography: FIFTH, seed: 1, repeats: 1 };
const thin = fifth({ isolates: 5_000, rate: 0.1 });

describe("a simulated fleet (a fifth of the size of `node packages/mesh/sim/main.ts`)", () => {
  it("keeps every promise: detects in 10 s, recovers in 12 s, bounds retries, does not harm a partial outage", () => {
    expect(broken(totalOutage(quick, [weft]), partialOutage(quick, [faults.most]))).toEqual([]);
  }, 30_000);

  it("needs the regional verdict for that: thin isolates never notice alone", () => {
    const alone = totalOutage({ ...quick, fleets: [thin] }, [local, consecutive]);
    expect(alone.map(({ detect }) => detect)).toEqual([undefined, undefined]);
  });

  it("needs the small budget: ten tokens per isolate amplify beyond the limit", () => {
    const [row] = totalOutage({ ...quick, fleets: [thin] }, [grpc]);
    expect(row?.amplificationFirst).toBeGreaterThan(1.7);
  });

  it("gives the same figures for the same seed, and others for another", () => {
    const run = (seed: number) => simulate(thin, faults.errors, weft, seed, FIFTH);
    expect(run(5)).toEqual(run(5));
    expect(run(6)).not.toEqual(run(5));
  });
});
