import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RetryBudget } from "./retry-budget.ts";

describe("the retry budget", () => {
  it("lets one failure of a fresh isolate be retried, and no more until calls succeed again", () => {
    const budget = new RetryBudget();
    expect([budget.failure(), budget.failure(), budget.failure()]).toEqual([true, false, false]);
    for (let n = 0; n < 11; n++) budget.success();
    expect(budget.allows).toBe(true);
  });

  it("is exact in tenths: ten successes make one token", () => {
    const budget = new RetryBudget();
    budget.failure();
    for (let n = 0; n < 10; n++) budget.success();
    expect(budget.tokens).toBe(4);
    budget.success();
    expect(budget.tokens).toBe(4);
  });

  it("is shared by hedges, which pay when they are sent", () => {
    const budget = new RetryBudget();
    expect([budget.hedge(), budget.hedge(), budget.hedge()]).toEqual([true, true, false]);
    expect(budget.failure()).toBe(false);
  });

  it("bounds the amplification: retries + hedges <= 2 + a tenth of the successes, in every order of events", () => {
    const events = fc.array(fc.constantFrom("ok", "fail", "hedge"), { maxLength: 400 });
    fc.assert(
      fc.property(events, (list) => {
        const budget = new RetryBudget();
        let extra = 0;
        let successes = 0;
        for (const event of list) {
          if (event === "ok") {
            successes++;
            budget.success();
          } else if (event === "fail" ? budget.failure() : budget.hedge()) extra++;
          expect(extra).toBeLessThanOrEqual(2 + successes / 10);
          expect(budget.tokens).toBeGreaterThanOrEqual(0);
          expect(budget.tokens).toBeLessThanOrEqual(4);
        }
      }),
      { numRuns: 300 },
    );
  });
});
