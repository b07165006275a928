import { expect, it } from "vitest";
import { backoff, PARKED_INTERVAL } from "./plan.ts";

const retry = { timeout: 1_000, attempts: 5, budget: null, base: 100, cap: 500 };

it("waits anywhere between nothing and a doubling limit, up to the cap", () => {
  const limits = [1, 2, 3, 4].map((attempt) => backoff(retry, attempt, 1));
  expect(limits).toEqual([100, 200, 400, 500]);
  expect(backoff(retry, 3, 0)).toBe(0);
  expect(backoff({ ...retry, attempts: null }, 2_000, 1)).toBe(500);
});

it("tries a parked step rarely", () => {
  expect(backoff(retry, 5, 0)).toBe(PARKED_INTERVAL / 2);
  expect(backoff(retry, 9, 1)).toBe(PARKED_INTERVAL);
});

it("tries a stuck step rarely, whatever attempts it has left", () => {
  expect(backoff({ ...retry, attempts: null }, 1, 0, true)).toBe(PARKED_INTERVAL / 2);
});
