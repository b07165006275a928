import { describe, expect, it } from "vitest";
import { RegionalView } from "./regional-view.ts";
import type { Verdict } from "./verdict.ts";

const closed: Verdict = {
  version: 1,
  state: "closed",
  reason: "initial",
  admit: 1,
  retries: "on",
  partial: false,
  since: 0,
  until: 0,
  issuedAt: 1_000,
  maxAgeMs: 2_000,
};
const open: Verdict = { ...closed, state: "open", reason: "failure-rate", admit: 0, until: 3_000 };
const ordered: Verdict = { ...open, reason: "operator", until: 600_000 };
const half = (draw: number) => () => draw;

function seen(verdict: Verdict, now = 1_000): RegionalView {
  const view = new RegionalView();
  view.adopt(verdict, now);
  return view;
}

describe("an isolate's view of the regional verdict", () => {
  it("lets everything out without a verdict, and with one that is older than 10 s", () => {
    expect(new RegionalView().decide(0, half(0))).toBe("pass");
    expect(seen(open).decide(2_000, half(0))).toBe("reject");
    expect(seen(open).decide(11_000, half(0))).toBe("pass");
  });

  it("asks for the probe lease when the wait is over, once a second", () => {
    const view = seen(open);
    expect([2_999, 3_000, 3_001, 3_999, 4_000].map((now) => view.decide(now, half(0)))).toEqual([
      "reject",
      "lease",
      "reject",
      "reject",
      "lease",
    ]);
  });

  it("does not ask for a lease that somebody else holds", () => {
    const view = seen({ ...open, state: "half-open", until: 6_000 });
    expect([view.decide(5_999, half(0)), view.decide(6_000, half(0))]).toEqual(["reject", "lease"]);
  });

  it("goes up a ramp by itself, without further news", () => {
    const view = seen({ ...open, state: "ramp", since: 1_000, until: 0 });
    const passes = (now: number) =>
      Array.from({ length: 8 }, (_, n) => view.decide(now, half(n / 8))).filter((d) => d === "pass").length;
    expect([1_000, 2_000, 3_000, 4_000, 9_000].map(passes)).toEqual([1, 2, 4, 8, 8]);
  });

  it("looks into the cache when its copy is old, not with every call", () => {
    const view = seen(closed);
    expect([1_500, 2_999, 3_000, 3_001, 5_000].map((now) => view.lookUpDue(now))).toEqual([
      false,
      false,
      true,
      false,
      true,
    ]);
  });

  it("asks for news in the background only while calls are held back", () => {
    expect(seen(closed).refreshDue(9_000)).toBe(false);
    const view = seen(open);
    expect(view.refreshDue(3_000)).toBe(false);
    expect(view.refreshDue(3_001)).toBe(true);
    view.asked(3_001);
    expect(view.refreshDue(4_000)).toBe(false);
    expect(view.refreshDue(4_001)).toBe(true);
  });

  it("does not go back to an older verdict", () => {
    const view = seen({ ...open, issuedAt: 2_000, version: 2 });
    expect(view.adopt(closed, 2_100)).toBe(false);
    expect(view.decide(2_200, half(0))).toBe("reject");
  });

  it("obeys an operator: open without probes, closed against the local breaker", () => {
    expect(seen({ ...ordered, until: 6_000 }).decide(5_000, half(0))).toBe("reject");
    expect(seen({ ...ordered, state: "closed" }).decide(5_000, half(0))).toBe("force");
  });

  it("obeys an operator until the order's own end, however long there is no news", () => {
    const end = ordered.until - 1;
    expect(seen(ordered).decide(end, half(0))).toBe("reject");
    expect(seen({ ...ordered, state: "closed" }).decide(end, half(0))).toBe("force");
    expect(seen(ordered).decide(end + 1, half(0))).toBe("pass");
  });

  it("no longer obeys an order that news says is withdrawn", () => {
    const view = seen(ordered);
    expect(view.refreshDue(60_000)).toBe(true);
    expect(view.adopt({ ...closed, issuedAt: 60_000, version: 2 }, 60_000)).toBe(true);
    expect(view.decide(60_001, half(0))).toBe("pass");
    expect(view.calm).toBe(true);
  });
});
