import fc from "fast-check";
import { expect, it } from "vitest";
import { backoff } from "./backoff.ts";

const retry = fc.integer({ min: 1, max: 60 });
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it("draws from the whole range below base * 2^(retry - 1), capped at 20 s", () => {
  expect([1, 2, 3, 10, 60].map((n) => backoff(n, false, 0.5))).toEqual([25, 50, 100, 10_000, 10_000]);
  expect([1, 2, 10].map((n) => backoff(n, true, 0.5))).toEqual([500, 1_000, 10_000]);
  expect(backoff(5, true, 0)).toBe(0);
});

it("never waits less than Retry-After and never much more than the cap above it", () => {
  fc.assert(
    fc.property(retry, fc.boolean(), draw, fc.integer({ min: 0, max: 100_000 }), (n, busy, d, retryAfter) => {
      const wait = backoff(n, busy, d, retryAfter) ?? Number.NaN;
      expect(wait).toBeGreaterThanOrEqual(retryAfter);
      expect(wait).toBeLessThanOrEqual(retryAfter + 20_000);
    }),
  );
});

it("takes a negative pushback for never", () => {
  expect(backoff(1, false, 0.5, -1)).toBeUndefined();
});
