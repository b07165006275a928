import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "@weft/testkit/random";
import type { Priority } from "./bulkhead.ts";
import { Thinning } from "./thinning.ts";

const CLASSES = ["critical", "normal", "background"] as const;
const share = fc.double({ min: 0.05, max: 0.95, noNaN: true });
const weight = fc.integer({ min: 0, max: 10 });
const mix = fc
  .record({ critical: weight, normal: weight, background: weight })
  .filter((all) => total(all) > 0);

const total = (all: Record<Priority, number>) => all.critical + all.normal + all.background;

/** Plays calls of a mix on so many isolates; what share of each class, and of all calls, went out. */
function play(seed: number, of: Record<Priority, number>, admitted: number, isolates: number, calls: number) {
  const random = seeded(seed);
  const came = { critical: 0, normal: 0, background: 0 };
  const went = { critical: 0, normal: 0, background: 0 };
  for (let isolate = 0; isolate < isolates; isolate++) {
    const thinning = new Thinning();
    for (let call = 0; call < calls; call++) {
      let draw = random() * total(of);
      const priority = CLASSES.find((each) => (draw -= of[each]) < 0) ?? "background";
      came[priority]++;
      if (thinning.admits(admitted, priority, random)) went[priority]++;
    }
  }
  const rate = (each: Priority) => went[each] / Math.max(1, came[each]);
  return { came, rate, all: total(went) / total(came) };
}

describe("a share of the calls", () => {
  it("is kept however the calls are mixed, where isolates see many of them and where they see few", () => {
    fc.assert(
      fc.property(fc.integer(), mix, share, (seed, of, admitted) => {
        expect(Math.abs(play(seed, of, admitted, 2, 4_000).all - admitted)).toBeLessThan(0.04);
        expect(Math.abs(play(seed, of, admitted, 2_000, 4).all - admitted)).toBeLessThan(0.06);
      }),
      { numRuns: 50 },
    );
  });

  it("never prefers a class to one above it", () => {
    fc.assert(
      fc.property(fc.integer(), mix, share, (seed, of, admitted) => {
        const { came, rate } = play(seed, of, admitted, 4, 2_000);
        const present = CLASSES.filter((each) => came[each] > 200);
        for (const [n, above] of present.entries())
          for (const below of present.slice(n + 1)) expect(rate(above) + 0.02).toBeGreaterThan(rate(below));
      }),
      { numRuns: 50 },
    );
  });

  it("goes to the critical calls whole while they need it, and to the others only then", () => {
    const few = play(1, { critical: 1, normal: 3, background: 6 }, 0.25, 1, 20_000);
    expect(few.rate("critical")).toBeGreaterThan(0.95);
    expect(few.rate("normal")).toBeCloseTo(0.5, 1);
    expect(few.rate("background")).toBeLessThan(0.02);
    const many = play(1, { critical: 8, normal: 1, background: 1 }, 0.25, 1, 20_000);
    expect(many.rate("critical")).toBeCloseTo(0.31, 1);
    expect(many.rate("normal") + many.rate("background")).toBeLessThan(0.01);
  });

  it.each(CLASSES)("is the chance of each call where all are %s", (priority) => {
    const thinning = new Thinning();
    const draws = Array.from({ length: 8 }, (_, n) => thinning.admits(0.5, priority, () => n / 8));
    expect(draws).toEqual([true, true, true, true, false, false, false, false]);
  });
});
