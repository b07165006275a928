import { describe, expect, it } from "vitest";
import { WindowCount } from "./window.ts";

describe("WindowCount", () => {
  it("counts down within a window and starts again in the next", () => {
    const count = new WindowCount(2, 10);
    expect(count.add("ada", 20_000)).toEqual({ remaining: 1, reset: 10 });
    expect(count.add("ada", 24_001)).toEqual({ remaining: 0, reset: 6 });
    expect(count.add("ada", 29_999)).toEqual({ remaining: 0, reset: 1 });
    expect(count.add("ada", 30_000)).toEqual({ remaining: 1, reset: 10 });
  });

  it("counts each client apart", () => {
    const count = new WindowCount(2, 10);
    count.add("ada", 0);
    expect(count.add("bob", 0).remaining).toBe(1);
  });

  it("does not grow with the number of clients", () => {
    const count = new WindowCount(5, 10);
    for (let client = 0; client < 10_000; client++) count.add(`c${client}`, 0);
    count.add("late", 0);
    expect(count.add("late", 0).remaining).toBe(4);
    expect(count.add("c0", 0).remaining).toBe(3);
  });
});
