import { describe, expect, it } from "vitest";
import { Reporter } from "./reporter.ts";

const none = { sent: 0, ok: 0, failure: 0, overload: 0, throttled: 0 };

describe("an isolate's report", () => {
  it("is due after the first call, then every 5 s while there is something to say", () => {
    const reporter = new Reporter();
    expect(reporter.due(1_000)).toBe(false);
    reporter.ended("ok", 1_000);
    expect(reporter.due(1_000)).toBe(true);
    reporter.flush(1_000);
    reporter.ended("ok", 1_100);
    expect(reporter.due(5_999)).toBe(false);
    expect(reporter.due(6_000)).toBe(true);
    reporter.flush(6_000);
    expect(reporter.due(60_000)).toBe(false);
  });

  it("is due twice a second while calls fail", () => {
    const reporter = new Reporter();
    let reports = 0;
    for (let now = 10_000; now < 20_000; now += 10) {
      reporter.ended("overload", now);
      if (reporter.due(now)) {
        reporter.flush(now);
        reports++;
      }
    }
    expect(reports).toBe(20);
  });

  it("is due every second without anything to say while refused calls wait for news", () => {
    const reporter = new Reporter();
    reporter.flush(0);
    expect(reporter.due(999, true)).toBe(false);
    expect(reporter.due(1_000, true)).toBe(true);
    expect(reporter.due(1_000, false)).toBe(false);
  });

  it("keeps old successes apart from new failures by their age, and drops what is older than 5 s", () => {
    const reporter = new Reporter();
    reporter.sent(10_000);
    reporter.ended("ok", 10_100);
    reporter.sent(12_000);
    reporter.ended("ok", 12_050);
    reporter.sent(15_500);
    reporter.ended("failure", 15_600);
    reporter.ended("ignored", 15_600);
    expect(reporter.flush(15_700)).toEqual([
      { ...none, age: 0, sent: 1, failure: 1 },
      { ...none, age: 3_200, sent: 1, ok: 1 },
    ]);
  });

  it("counts every call once, over any number of flushes", () => {
    const reporter = new Reporter();
    let reported = 0;
    for (let now = 0; now < 20_000; now += 130) {
      reporter.ended("ok", now);
      if (now % 910 === 0) for (const bucket of reporter.flush(now)) reported += bucket.ok;
    }
    for (const bucket of reporter.flush(20_000)) reported += bucket.ok;
    expect(reported).toBe(Math.ceil(20_000 / 130));
  });
});
