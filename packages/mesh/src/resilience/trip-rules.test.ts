import { expect, it } from "vitest";
import { TRIP, tripReason } from "./trip-rules.ts";
import { type Kind, Window } from "./window.ts";

const reason = (counts: Partial<Record<Kind, number>>) => {
  const window = new Window(10_000);
  for (const [kind, n] of Object.entries(counts)) window.add(kind as Kind, 0, n);
  return tripReason(window, 0, TRIP);
};

it.each([
  ["a partial outage of 94 % stays closed", { ok: 6, failure: 94 }, undefined],
  ["95 % failures of any kind open", { ok: 5, failure: 95 }, "failure-rate"],
  ["429 counts for the rate", { ok: 5, failure: 45, throttled: 50 }, "failure-rate"],
  ["half overloaded opens", { ok: 50, overload: 50 }, "overload-rate"],
  ["49 % overloaded does not", { ok: 51, overload: 49 }, undefined],
  ["hard failures beside overload do not make it one", { ok: 11, failure: 40, overload: 49 }, undefined],
  ["429 is no overload of this rule", { ok: 10, throttled: 90 }, undefined],
  ["nearly all slow opens", { ok: 100, slow: 95 }, "slow-rate"],
  ["most slow does not", { ok: 100, slow: 94 }, undefined],
  ["19 calls prove nothing", { failure: 19 }, undefined],
  ["20 do", { failure: 20 }, "failure-rate"],
  ["no calls prove nothing", {}, undefined],
] as const)("%s", (_, counts, expected) => {
  expect(reason(counts)).toBe(expected);
});
