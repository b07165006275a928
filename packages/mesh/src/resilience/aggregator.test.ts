import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "@weft/testkit/random";
import { type AggregatorConfig, VerdictAggregator } from "./aggregator.ts";
import type { Outcome } from "./outcome.ts";
import type { ReportBucket } from "./reporter.ts";

const calls = (counts: Partial<ReportBucket>): ReportBucket[] => [
  { age: 0, sent: 0, ok: 0, failure: 0, overload: 0, throttled: 0, ...counts },
];
const middle = () => 0.5;

function region(config: Partial<AggregatorConfig> = {}) {
  const aggregator = new VerdictAggregator(config);
  const world = {
    aggregator,
    now: 100_000,
    report: (id: string, counts: Partial<ReportBucket>) =>
      aggregator.report(id, calls(counts), world.now, middle),
    verdict: () => aggregator.verdict(world.now, middle),
    lease: () => aggregator.lease(world.now, middle),
    settle: (lease: number | undefined, outcome: Outcome) =>
      aggregator.settle(lease ?? -1, outcome, world.now, middle),
    pass(ms: number) {
      world.now += ms;
      return world;
    },
    /** `n` reporters with the same counts each. */
    all(n: number, counts: Partial<ReportBucket>) {
      for (let i = 0; i < n; i++) world.report(`r${i}`, counts);
      return world;
    },
    open: () => world.all(3, { failure: 7 }),
    ramping() {
      world.open().pass(1_000);
      for (let n = 0; n < 3; n++) world.settle(world.lease(), "ok");
      return world;
    },
  };
  return world;
}

describe("a closed region", () => {
  it("opens at 95 % failures of 20 calls from three reporters", () => {
    const r = region();
    r.report("a", { failure: 10 });
    r.report("b", { failure: 9 });
    r.report("c", { ok: 0 });
    expect(r.verdict().state).toBe("closed");
    r.report("c", { failure: 1 });
    expect(r.verdict()).toMatchObject({ state: "open", reason: "failure-rate", admit: 0, retries: "off" });
    expect(r.aggregator.transitions[0]).toMatchObject({
      from: "closed",
      to: "open",
      counts: { failure: 20 },
    });
  });

  it("opens at 50 % where no request's content can be the cause", () => {
    expect(region().all(4, { ok: 5, overload: 5 }).verdict()).toMatchObject({
      state: "open",
      reason: "overload-rate",
    });
  });

  it("is not opened by one sick client among healthy ones", () => {
    const r = region();
    r.report("a", { ok: 1 });
    r.report("b", { ok: 1 });
    r.report("sick", { failure: 5_000 });
    expect(r.verdict()).toMatchObject({ state: "closed", retries: "on" });
  });

  it("is opened by the only client of the last minute", () => {
    const r = region();
    r.report("only", { failure: 20 });
    expect(r.verdict().state).toBe("open");
  });

  it("only switches retries off in a partial outage, and calls it one after a whole window", () => {
    const r = region();
    for (let n = 0; n < 20; n++) r.pass(250).all(5, { ok: 2, failure: 3 });
    expect(r.verdict()).toMatchObject({ state: "closed", retries: "off", partial: false });
    r.pass(250).all(5, { ok: 2, failure: 3 });
    expect(r.verdict()).toMatchObject({ state: "closed", retries: "off", partial: true });
    for (let n = 0; n < 20; n++) r.pass(250).all(5, { ok: 5 });
    expect(r.verdict()).toMatchObject({ state: "closed", retries: "on", partial: false });
  });

  it("does not take a total outage for a partial one on the way to open", () => {
    const r = region();
    for (let n = 0; n < 20; n++) r.pass(250).all(5, { ok: 5 });
    const states: string[] = [];
    for (let n = 0; n < 20 && r.verdict().state === "closed"; n++) {
      r.pass(250).all(5, { failure: 5 });
      if (r.verdict().partial) states.push("partial");
    }
    expect([states, r.verdict().state]).toEqual([[], "open"]);
  });

  it("puts old counts where they belong: successes from before the outage do not hide it", () => {
    const r = region();
    for (let i = 0; i < 20; i++) {
      const buckets = [...calls({ failure: 1 }), ...calls({ ok: 20, age: 5_600 })];
      r.aggregator.report(`r${i}`, buckets, r.now, middle);
    }
    expect(r.verdict().state).toBe("open");
  });
});

describe("probes of a region", () => {
  it("have one lease at a time", () => {
    const r = region().open();
    expect(r.pass(999).lease()).toBeUndefined();
    const lease = r.pass(1).lease();
    expect(lease).toBeDefined();
    expect(r.lease()).toBeUndefined();
    expect(r.verdict()).toMatchObject({ state: "half-open", until: r.now + 5_000, maxAgeMs: 500 });
    r.settle(lease, "ok");
    expect(r.lease()).toBeDefined();
  });

  it("end in a ramp after three successes", () => {
    const r = region().ramping();
    expect(r.verdict()).toMatchObject({ state: "ramp", admit: 0.125, reason: "probes-succeeded" });
    expect(r.pass(3_000).verdict().admit).toBe(1);
    expect(r.pass(1_000).verdict()).toMatchObject({ state: "closed", reason: "recovered", retries: "on" });
  });

  it("fail by 429, and when the lease runs out; the late outcome is not counted", () => {
    const r = region().open().pass(1_000);
    r.settle(r.lease(), "throttled");
    expect(r.verdict().reason).toBe("probe-failed");
    const lost = r.pass(2_000).lease();
    expect(r.pass(4_999).verdict().state).toBe("half-open");
    expect(r.pass(1).verdict()).toMatchObject({ state: "open", reason: "probe-expired" });
    expect(r.pass(4_000).lease()).toBeDefined();
    r.settle(lost, "failure");
    expect(r.verdict().state).toBe("half-open");
  });

  it("release the lease when the outcome says nothing", () => {
    const r = region().open().pass(1_000);
    r.settle(r.lease(), "ignored");
    expect(r.lease()).toBeDefined();
  });
});

describe("a ramping region", () => {
  it("opens again when half of five calls fail", () => {
    const r = region().ramping();
    r.report("a", { ok: 2, failure: 2 });
    expect(r.verdict().state).toBe("ramp");
    r.report("b", { failure: 1 });
    expect(r.verdict()).toMatchObject({ state: "open", reason: "ramp-failed" });
  });

  it("is not judged by reports about the time before it", () => {
    const r = region().ramping();
    r.aggregator.report("a", calls({ failure: 50, age: 1 }), r.now, middle);
    expect(r.verdict().state).toBe("ramp");
  });
});

describe("an operator", () => {
  it("forces a region open or closed until the order expires, and every change has a new version", () => {
    const r = region();
    const versions = [r.verdict().version];
    r.aggregator.override("open", r.now + 1_000, r.now);
    expect(r.verdict()).toMatchObject({ state: "open", reason: "operator", admit: 0 });
    expect(r.lease()).toBeUndefined();
    versions.push(r.verdict().version);
    r.pass(1_000);
    expect(r.verdict()).toMatchObject({ state: "closed", reason: "initial", admit: 1 });
    versions.push(r.verdict().version);
    r.open().pass(1_000);
    r.aggregator.override("closed", r.now + 1_000, r.now);
    expect(r.verdict()).toMatchObject({ state: "closed", reason: "operator", admit: 1 });
    expect(r.lease()).toBeUndefined();
    versions.push(r.verdict().version);
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
  });
});

describe("whatever was reported", () => {
  const counts = fc.record({
    ok: fc.nat(20),
    failure: fc.nat(20),
    overload: fc.nat(20),
    throttled: fc.nat(5),
    age: fc.nat(8_000),
  });
  const outcome = fc.constantFrom<Outcome>(
    "ok",
    "failure",
    "unavailable",
    "overload",
    "throttled",
    "ignored",
  );
  const step = fc.oneof(
    fc.record({ do: fc.constant("report" as const), id: fc.nat(5), counts }),
    fc.record({ do: fc.constant("lease" as const) }),
    fc.record({ do: fc.constant("settle" as const), outcome }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.nat(4_000) }),
  );
  const history = fc.tuple(fc.integer(), fc.array(step, { maxLength: 120 }));

  it("one lease at most is out, and once probes and calls succeed the region closes within 20 s", () => {
    fc.assert(
      fc.property(history, ([seed, steps]) => {
        const aggregator = new VerdictAggregator();
        const random = seeded(seed);
        let now = 1_000_000;
        let out: { lease: number; until: number } | undefined;
        const tooEarly: number[] = [];
        for (const one of steps) {
          if (one.do === "wait") now += one.ms;
          else if (one.do === "report") aggregator.report(`r${one.id}`, calls(one.counts), now, random);
          else if (one.do === "lease") {
            const lease = aggregator.lease(now, random);
            if (lease === undefined) continue;
            if (out?.lease === lease && now < out.until) tooEarly.push(now);
            out = { lease, until: now + 5_000 };
          } else if (out) {
            aggregator.settle(out.lease, one.outcome, now, random);
            out = undefined;
          }
        }
        for (const end = now + 20_000; now < end; now += 100) {
          aggregator.report("r0", calls({ ok: 3 }), now, random);
          const lease = aggregator.lease(now, random);
          if (lease !== undefined) aggregator.settle(lease, "ok", now, random);
        }
        expect(tooEarly).toEqual([]);
        expect(aggregator.verdict(now, random).state).toBe("closed");
      }),
      { numRuns: 200 },
    );
  });

  it("a snapshot through JSON gives the same verdicts as the original", () => {
    fc.assert(
      fc.property(history, ([seed, steps]) => {
        const draws = [seeded(seed), seeded(seed)];
        let pair = [new VerdictAggregator(), new VerdictAggregator()];
        let now = 1_000_000;
        for (const one of steps) {
          if (one.do === "wait") now += one.ms;
          const verdicts = pair.map((aggregator, n) => {
            const random = draws[n] ?? middle;
            if (one.do === "report") aggregator.report(`r${one.id}`, calls(one.counts), now, random);
            const lease = one.do === "lease" ? aggregator.lease(now, random) : undefined;
            return { verdict: aggregator.verdict(now, random), lease };
          });
          expect(verdicts[1]).toEqual(verdicts[0]);
          const copy = new VerdictAggregator();
          copy.restore(JSON.parse(JSON.stringify(pair[1]?.snapshot())));
          pair = [pair[0] ?? copy, copy];
        }
      }),
      { numRuns: 40 },
    );
  });
});
