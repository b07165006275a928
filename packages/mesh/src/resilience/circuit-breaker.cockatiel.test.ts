import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleAll, IterableBackoff } from "cockatiel";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CircuitBreaker } from "./circuit-breaker.ts";

/**
 * Same rules in both: 7 failures in a row open, waits of 1, 2, 4, 5 s, three probes, closed at once after them.
 * Where the semantics differ on purpose, the comparison leaves it out: calls are made one after the other (cockatiel
 * has three probes out at once and lets further callers wait for them), without jitter, ramp, rates and the
 * improbability rule for mixed runs, which cockatiel does not have.
 */
const WAITS = [1_000, 2_000, 4_000, 5_000];
const names = {
  [CircuitState.Closed]: "closed",
  [CircuitState.Open]: "open",
  [CircuitState.HalfOpen]: "half-open",
  [CircuitState.Isolated]: "isolated",
};

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

/** Runs of equal outcomes, so that the histories open and close the circuit often; numbers are waits in ms. */
const run = (outcome: "ok" | "failure", max: number) =>
  fc.array(fc.constant(outcome), { minLength: 1, maxLength: max });
const steps = fc
  .array(
    fc.oneof(
      run("failure", 9),
      run("ok", 4),
      fc.tuple(fc.integer({ min: 1, max: 6_000 })),
      // A wait that is surely over, and a probe.
      fc.tuple(fc.constant(6_000), fc.constantFrom("ok" as const, "failure" as const)),
    ),
    { minLength: 20, maxLength: 60, size: "max" },
  )
  .map((runs): (number | "ok" | "failure")[] => runs.flat());

it("agrees with cockatiel's consecutive breaker on every decision and state", async () => {
  let opened = 0;
  let recovered = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      const theirs = circuitBreaker(handleAll, {
        breaker: new ConsecutiveBreaker(7),
        halfOpenAfter: new IterableBackoff(WAITS),
        halfOpenSampling: { calls: 3, threshold: 0 },
      });
      const ours = new CircuitBreaker({
        openWaits: WAITS,
        jitter: 0,
        ramp: [],
        significance: 1,
        minCalls: Number.POSITIVE_INFINITY,
      });
      for (const one of history) {
        if (typeof one === "number") {
          vi.setSystemTime(Date.now() + one);
          continue;
        }
        const now = Date.now();
        let called = false;
        await theirs
          .execute(() => {
            called = true;
            if (one === "failure") throw new Error("down");
          })
          .catch(() => undefined);
        const sent = ours.acquire(now, Math.random) !== "reject";
        if (sent) ours.record(one, ours.epoch, 1, now, Math.random);
        expect({ sent, state: ours.status(now).state }).toEqual({
          sent: called,
          state: names[theirs.state],
        });
        const last = ours.transitions.at(-1);
        if (last?.at === now && last.to === "open") opened++;
        if (last?.at === now && last.reason === "probes-succeeded") recovered++;
      }
    }),
    { numRuns: 200 },
  );
  // The histories are worth nothing if they never get anywhere.
  expect(opened).toBeGreaterThan(100);
  expect(recovered).toBeGreaterThan(5);
});
