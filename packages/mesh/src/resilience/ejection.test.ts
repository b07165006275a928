import { describe, expect, it } from "vitest";
import { Ejection, maxEjected } from "./ejection.ts";

describe("an instance's ejection", () => {
  it("takes five failures in a row, or one unreachable", () => {
    const ejection = new Ejection();
    expect(["failure", "overload", "failure", "overload"].some((o) => ejection.record(o as "failure"))).toBe(
      false,
    );
    ejection.record("throttled");
    ejection.record("ignored");
    expect(ejection.record("failure")).toBe(true);
    expect(new Ejection().record("unreachable")).toBe(true);
  });

  it("lasts 1 s, doubling to 60 s with every failed probation, and is forgotten after a success", () => {
    const ejection = new Ejection();
    const waits: number[] = [];
    for (let n = 0; n < 8; n++) {
      ejection.eject(0, 0.5);
      let wait = 0;
      while (ejection.ejected(wait)) wait += 500;
      waits.push(wait / 1_000);
      expect(ejection.record("failure")).toBe(true);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    ejection.record("ok");
    expect(ejection.onProbation).toBe(false);
  });

  it("never takes the last of one to three instances, and at most half of more", () => {
    expect([1, 2, 3, 4, 5, 10].map(maxEjected)).toEqual([0, 1, 2, 2, 2, 5]);
  });
});
