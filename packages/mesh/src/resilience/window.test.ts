import fc from "fast-check";
import { expect, it } from "vitest";
import { Window } from "./window.ts";

const event = fc.record({
  wait: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 30_000 })),
  kind: fc.constantFrom("ok", "failure", "sent"),
  n: fc.integer({ min: 1, max: 5 }),
  late: fc.integer({ min: 0, max: 12_000 }),
});

it("counts exactly what happened within its live buckets, whatever the gaps between events", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const window = new Window(10_000, 10);
      const seen: { slot: number; kind: string; n: number }[] = [];
      let now = 0;
      for (const { wait, kind, n, late } of events) {
        now += wait;
        const at = Math.max(0, now - late);
        window.add(kind, now, n, at);
        seen.push({ slot: Math.floor(at / 1_000), kind, n });
        for (const asked of ["ok", "failure", "sent"] as const) {
          const expected = seen
            .filter((one) => one.kind === asked && one.slot > Math.floor(now / 1_000) - 10)
            .reduce((total, one) => total + one.n, 0);
          expect(window.count(asked, now)).toBe(expected);
        }
      }
    }),
    { numRuns: 200 },
  );
});

it("is empty after an idle gap", () => {
  const window = new Window(10_000);
  window.add("failure", 500, 100);
  expect(window.count("failure", 9_999)).toBe(100);
  expect(window.count("failure", 10_000)).toBe(0);
});

it("counts into the newest bucket when the clock jumps back", () => {
  const window = new Window(10_000);
  window.add("ok", 60_000);
  window.add("ok", 1_000);
  expect(window.count("ok", 60_000)).toBe(2);
});

it("goes through JSON unchanged", () => {
  const window = new Window(10_000);
  window.add("ok", 1_500, 3);
  window.add("slow", 4_000);
  const copy = new Window(10_000);
  copy.restore(JSON.parse(JSON.stringify(window.snapshot())));
  expect(copy.counts(4_000)).toEqual(window.counts(4_000));
  expect(copy.count("ok", 11_999)).toBe(0);
});

it("refuses a span or bucket count that cannot work", () => {
  expect(() => new Window(0)).toThrow(RangeError);
  expect(() => new Window(10, 0)).toThrow(RangeError);
});
