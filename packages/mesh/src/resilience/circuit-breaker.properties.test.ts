import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "@weft/testkit/random";
import { CircuitBreaker } from "./circuit-breaker.ts";
import type { Outcome } from "./outcome.ts";

const outcome = fc.constantFrom<Outcome>("ok", "failure", "unavailable", "overload", "throttled", "ignored");
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("call" as const), outcome }) },
  { weight: 6, arbitrary: fc.constant({ do: "call" as const, outcome: "failure" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("send" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("land" as const), outcome, which: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 7_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("override" as const),
      state: fc.constantFrom("open" as const, "closed" as const, undefined),
      ms: fc.integer({ min: 0, max: 5_000 }),
    }),
  },
);
const history = fc.tuple(fc.integer(), fc.array(step, { maxLength: 150, size: "max" }));

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Plays a history in which calls may overlap, land late or never. */
function play(
  [seed, steps]: readonly [number, readonly Step[]],
  onDecision: (decision: string, now: number, breaker: CircuitBreaker) => void = () => {},
  onLanding: (epoch: number) => void = () => {},
) {
  const breaker = new CircuitBreaker();
  const random = seeded(seed);
  const flying: number[] = [];
  let now = 1_000_000;
  const acquire = () => {
    const decision = breaker.acquire(now, random);
    onDecision(decision, now, breaker);
    return decision === "pass" || decision === "probe";
  };
  const land = (result: Outcome, epoch: number) => {
    breaker.record(result, epoch, 10, now, random);
    onLanding(epoch);
  };
  for (const one of steps) {
    if (one.do === "wait") now += one.ms;
    else if (one.do === "override") breaker.override(one.state, now + one.ms, now);
    else if (one.do === "call") {
      if (acquire()) land(one.outcome, breaker.epoch);
    } else if (one.do === "send") {
      if (acquire()) flying.push(breaker.epoch);
    } else {
      const [epoch] = flying.splice(one.which % Math.max(1, flying.length), 1);
      if (epoch !== undefined) land(one.outcome, epoch);
    }
  }
  return { breaker, random, now };
}

const withoutOverrides = ([seed, steps]: readonly [number, readonly Step[]]) =>
  [seed, steps.filter((one) => one.do !== "override")] as const;

describe("whatever happened before", () => {
  it("a circuit is closed at most 20 s after calls succeed again: it is never stuck", () => {
    fc.assert(
      fc.property(history, (past) => {
        const { breaker, random, now: end } = play(past);
        // Lost lease (5 s) + longest wait (5 s) + three probes + ramp (4 s), and an override of at most 5 s before.
        for (let now = end; now < end + 20_000; now += 100) {
          const decision = breaker.acquire(now, random);
          if (decision !== "reject") breaker.record("ok", breaker.epoch, 10, now, random);
        }
        expect(breaker.status(end + 20_000)).toMatchObject({ state: "closed", by: "local" });
      }),
      { numRuns: 300 },
    );
  });

  it("at most one probe is out at a time, and an open circuit lets nothing out", () => {
    let probes = 0;
    fc.assert(
      fc.property(history, (past) => {
        let out: { epoch: number; until: number } | undefined;
        const wrong: string[] = [];
        play(
          withoutOverrides(past),
          (decision, now, breaker) => {
            const { state } = breaker.status(now);
            if (state === "open" && decision !== "reject") wrong.push("let out while open");
            if (state === "half-open" && decision === "pass") wrong.push("let out beside the probe");
            if (decision !== "probe") return;
            probes++;
            if (out && now < out.until) wrong.push("a second probe");
            out = { epoch: breaker.epoch, until: now + 5_000 };
          },
          (epoch) => {
            if (epoch === out?.epoch) out = undefined;
          },
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: 300 },
    );
    expect(probes).toBeGreaterThan(100);
  });

  it("probes of a dead callee are at least 0.8 s apart, then 1.6, 3.2 and 4 s", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom<Outcome>("failure", "unavailable", "overload", "throttled"),
        (seed, dead) => {
          const breaker = new CircuitBreaker();
          const random = seeded(seed);
          const probes: number[] = [];
          let opened = 0;
          for (let now = 0; now < 60_000; now += 10) {
            const decision = breaker.acquire(now, random);
            if (decision === "reject") continue;
            if (decision === "probe") probes.push(now);
            breaker.record(decision === "probe" ? dead : "failure", breaker.epoch, 10, now, random);
            if (breaker.status(now).state === "open" && opened === 0) opened = now;
          }
          const gaps = probes.map((at, n) => at - (probes[n - 1] ?? opened));
          for (const [n, gap] of gaps.entries())
            expect(gap).toBeGreaterThanOrEqual([800, 1_600, 3_200][n] ?? 4_000);
          expect(gaps.length).toBeGreaterThan(9);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("a snapshot through JSON behaves as the original does", () => {
    fc.assert(
      fc.property(history, fc.array(outcome, { maxLength: 40 }), (past, future) => {
        const { breaker: original, now: end } = play(past);
        const copy = new CircuitBreaker();
        copy.restore(JSON.parse(JSON.stringify(original.snapshot())));
        let now = end;
        for (const result of future) {
          now += 300;
          const decisions = [original, copy].map((one) => {
            const decision = one.acquire(now, () => 0.3);
            if (decision !== "reject") one.record(result, one.epoch, 10, now, () => 0.3);
            return decision;
          });
          expect(decisions[1]).toBe(decisions[0]);
        }
      }),
      { numRuns: 100 },
    );
  });
});
