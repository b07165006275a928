import { describe, expect, it } from "vitest";
import { isDue } from "./cron.ts";

// 2026-11-21 is a Saturday: day 7 in Cloudflare's count.
const at = new Date("2026-11-21T03:15:00Z");

describe("isDue", () => {
  it.each([
    ["* * * * *", true],
    ["*/5 * * * *", true],
    ["*/10 * * * *", false],
    ["15 3 * * *", true],
    ["15 4 * * *", false],
    ["0,15,30 * * * *", true],
    ["10-20/5 * * * *", true],
    ["10-20/4 * * * *", false],
    ["5/10 * * * *", true],
    ["* * * * 7", true],
    ["* * * * 2-6", false],
    ["* * 21 11 *", true],
    ["* * 21 12 *", false],
  ])("says of %s that it is due: %s", (cron, due) => {
    expect(isDue(cron, at)).toBe(due);
  });

  it.each(["* * * *", "MON * * * *"])("refuses %s instead of never firing", (cron) => {
    expect(() => isDue(cron, at)).toThrow("cron");
  });
});
