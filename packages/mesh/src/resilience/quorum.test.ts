import { describe, expect, it } from "vitest";
import { Quorum } from "./quorum.ts";

function heard(...reports: [id: string, calls: number, failed: number][]): Quorum {
  const quorum = new Quorum(3, 5_000);
  for (const [id, calls, failed] of reports) quorum.heard(id, calls, failed, 0);
  return quorum;
}

describe("the quorum", () => {
  it("is not reached by one sick client, however many calls it makes", () => {
    expect(heard(["sick", 10_000, 10_000], ["a", 5, 0], ["b", 5, 0]).reached(0)).toBe(false);
  });

  it("is not reached by three sick clients among many healthy ones", () => {
    const healthy = Array.from({ length: 10 }, (_, n): [string, number, number] => [`h${n}`, 5, 0]);
    const sick = ["s1", "s2", "s3"].map((id): [string, number, number] => [id, 500, 500]);
    expect(heard(...healthy, ...sick).reached(0)).toBe(false);
  });

  it("is reached by three failing reporters", () => {
    expect(heard(["a", 7, 7], ["b", 7, 7]).reached(0)).toBe(true);
    expect(heard(["a", 7, 7], ["b", 7, 7], ["c", 7, 0]).reached(0)).toBe(false);
    expect(heard(["a", 7, 7], ["b", 7, 7], ["c", 7, 7]).reached(0)).toBe(true);
  });

  it("must be unanimous in a fleet of one or two", () => {
    expect(heard(["only", 20, 20]).reached(0)).toBe(true);
    expect(heard(["a", 20, 20], ["b", 20, 0]).reached(0)).toBe(false);
    expect(heard().reached(0)).toBe(false);
  });

  it("counts the reporters of the last minute as the fleet, not the last window's only", () => {
    const quorum = heard(["a", 9, 0], ["b", 9, 0]);
    quorum.heard("sick", 20, 20, 30_000);
    expect(quorum.reached(30_000)).toBe(false);
    quorum.heard("sick", 20, 20, 70_000);
    expect(quorum.reached(70_000)).toBe(true);
  });

  it("remembers only the most recent reporters", () => {
    const quorum = new Quorum(3, 5_000, 4);
    for (let n = 0; n < 100; n++) quorum.heard(`r${n}`, 1, 1, n);
    expect(quorum.snapshot().map(({ id }) => id)).toEqual(["r96", "r97", "r98", "r99"]);
  });
});
