import { describe, expect, it } from "vitest";
import type { Outcome } from "./outcome.ts";
import { Throttle } from "./throttle.ts";

function after(...outcomes: [Outcome, number][]): Throttle {
  const throttle = new Throttle();
  for (const [outcome, n] of outcomes) for (let i = 0; i < n; i++) throttle.record(outcome, 0);
  return throttle;
}

describe("the adaptive throttle", () => {
  it("follows p = (R - 3A) / (R + 1)", () => {
    expect(after(["ok", 20], ["overload", 80]).rejection(0)).toBeCloseTo((100 - 60) / 101);
    expect(after(["ok", 20], ["unavailable", 80]).rejection(0)).toBeCloseTo((100 - 60) / 101);
    expect(after(["ok", 40], ["throttled", 60]).rejection(0)).toBe(0);
  });

  it("sheds nothing for errors that are no overload, however many", () => {
    expect(after(["failure", 1_000]).rejection(0)).toBe(0);
    expect(after(["ignored", 1_000]).rejection(0)).toBe(0);
  });

  it("sheds nothing on fewer than ten samples", () => {
    expect(after(["overload", 9]).rejection(0)).toBe(0);
    expect(after(["overload", 10]).rejection(0)).toBeGreaterThan(0);
  });

  it("still admits a tenth when nothing at all is taken", () => {
    const throttle = after(["overload", 1_000]);
    let admitted = 0;
    for (let n = 0; n < 1_000; n++) if (throttle.admit(0, () => n / 1_000)) admitted++;
    expect(admitted).toBe(100);
  });

  it("counts what it sheds as wanted, or it would let go too early", () => {
    const throttle = after(["ok", 10], ["overload", 30]);
    const before = throttle.rejection(0);
    expect(throttle.admit(0, () => 0.9)).toBe(false);
    expect(throttle.rejection(0)).toBeGreaterThan(before);
  });

  it("has forgotten an overload after its window", () => {
    expect(after(["overload", 100]).rejection(10_000)).toBe(0);
  });
});
