import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bulkhead, type Priority } from "./bulkhead.ts";

const fill = (bulkhead: Bulkhead, priority: Priority) => {
  let taken = 0;
  while (bulkhead.acquire(priority)) taken++;
  return taken;
};

describe("the bulkhead", () => {
  it("keeps room for the more important: background fills half, normal four fifths, critical everything", () => {
    const bulkhead = new Bulkhead({ limit: 10 });
    expect(fill(bulkhead, "background")).toBe(5);
    expect(fill(bulkhead, "normal")).toBe(3);
    expect(fill(bulkhead, "critical")).toBe(2);
    expect(bulkhead.shed).toEqual({ background: 1, normal: 1, critical: 1 });
  });

  it("lets every class through a limit of one", () => {
    for (const priority of ["critical", "normal", "background"] as const)
      expect(new Bulkhead({ limit: 1 }).acquire(priority)).toBe(true);
  });

  it("never exceeds its limit and gives every slot back", () => {
    const priority = fc.constantFrom<Priority>("critical", "normal", "background");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.option(priority)), (limit, steps) => {
        const bulkhead = new Bulkhead({ limit });
        for (const step of steps) {
          if (step) bulkhead.acquire(step);
          else if (bulkhead.inFlight > 0) bulkhead.release();
          expect(bulkhead.inFlight).toBeLessThanOrEqual(limit);
        }
        while (bulkhead.inFlight > 0) bulkhead.release();
        expect(bulkhead.acquire("background")).toBe(true);
      }),
    );
  });

  it("reports a release that nobody earned", () => {
    expect(() => new Bulkhead().release()).toThrow("release without acquire");
  });
});
