import { describe, expect, it } from "vitest";
import { FailureRun, RUN } from "./failure-run.ts";

const feed = (run: FailureRun, outcomes: string, now = 0) => {
  let outage = false;
  for (const outcome of outcomes) {
    if (outcome === ".") run.success(now);
    else outage = run.failure(now);
  }
  return outage;
};
const x = (n: number) => "x".repeat(n);

describe("a run of failures", () => {
  it("is an outage at 7, from the start or after healthy calls", () => {
    expect(feed(new FailureRun(), x(6))).toBe(false);
    expect(feed(new FailureRun(), x(7))).toBe(true);
    expect(feed(new FailureRun(), ".".repeat(50) + x(7))).toBe(true);
  });

  it("must be longer where failures and successes were mixed just before", () => {
    const mixed = "x.xx.x.xxx.x.x.xx.xx.";
    expect(feed(new FailureRun(), mixed + x(15))).toBe(false);
    expect(feed(new FailureRun(), mixed + x(20))).toBe(true);
  });

  it("is an outage at 7 again after 20 successes in a row, or a minute of silence", () => {
    const mixed = "x.xx.x.xxx.".repeat(6);
    expect(feed(new FailureRun(), mixed + ".".repeat(18) + x(7))).toBe(false);
    expect(feed(new FailureRun(), mixed + ".".repeat(19) + x(7))).toBe(true);
    const run = new FailureRun();
    feed(run, mixed);
    expect(feed(run, x(7), 60_001)).toBe(true);
  });

  it("is judged by its length alone if significance is 1", () => {
    expect(feed(new FailureRun({ ...RUN, significance: 1 }), "x.xx.x.xxx." + x(7))).toBe(true);
  });
});
