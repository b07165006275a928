import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Mutant, type Run, simulate } from "./simulate.ts";

beforeEach(() => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

/** Runs of consecutive seeds, some at a time: they share nothing. */
async function runs(first: number, count: number, mutant?: Mutant): Promise<Run[]> {
  const seeds = Array.from({ length: count }, (_, n) => first + n);
  return Promise.all(seeds.map((seed) => simulate(seed, mutant)));
}
const bad = (all: readonly Run[]) =>
  all.filter(({ flaws }) => flaws.length > 0).map(({ seed, flaws }) => [seed, flaws]);

describe("sagas of random definitions under random faults", () => {
  it("keep every promise", async () => {
    const all = await runs(1, 1_000);
    expect(bad(all)).toEqual([]);
    // The workload is not all of one kind.
    expect(new Set(all.map(({ state }) => state))).toEqual(
      new Set(["COMPLETED", "COMPENSATED", "KILLED", "RUNNING", "COMPENSATING"]),
    );
  }, 60_000);

  it("go the same way for the same seed", async () => {
    const [first] = await runs(7, 1);
    const [second] = await runs(7, 1);
    expect(second?.log).toEqual(first?.log);
  });
});

describe("the promises are broken without", () => {
  it.each<[string, Mutant, RegExp]>([
    ["the participants' fence", "no-fence", /effects are there|net effect/],
    ["the intent that is written before the call", "intent-after-call", /COMPENSATED, but effects are there/],
    ["the sweep", "no-sweeper", /neither ended nor parked/],
  ])(
    "%s",
    async (_, mutant, flaw) => {
      const flaws = (await runs(1, 400, mutant)).flatMap((run) => run.flaws);
      expect(flaws.join("\n")).toMatch(flaw);
    },
    60_000,
  );
});
