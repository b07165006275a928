import { backoff } from "../src/resilience/backoff.ts";
import { CircuitBreaker } from "../src/resilience/circuit-breaker.ts";
import { asksForLess } from "../src/resilience/outcome.ts";
import { Reporter } from "../src/resilience/reporter.ts";
import { RetryBudget } from "../src/resilience/retry-budget.ts";
import { Throttle } from "../src/resilience/throttle.ts";
import type { Verdict } from "../src/resilience/verdict.ts";
import { type Callee, TIMEOUT } from "./callee.ts";
import type { Clock } from "./clock.ts";
import type { Measure } from "./measure.ts";
import type { Policy } from "./policies.ts";
import type { DataCentre } from "./region.ts";

/** One way between an isolate and its region's aggregator, ms. */
const TO_REGION = 15;

export interface World {
  readonly clock: Clock;
  readonly callee: Callee;
  readonly measure: Measure;
  readonly policy: Policy;
  readonly random: () => number;
}

interface Call {
  readonly number: number;
  readonly offeredAt: number;
}

/** One isolate and its call path towards the callee, wired as the outbound stack wires it. */
export class Isolate {
  readonly endsAt: number;
  readonly #id: string;
  readonly #world: World;
  readonly #dataCentre: DataCentre;
  readonly #breaker: CircuitBreaker | undefined;
  readonly #budget: RetryBudget | undefined;
  readonly #throttle: Throttle | undefined;
  readonly #reporter = new Reporter();

  constructor(id: string, world: World, dataCentre: DataCentre, endsAt: number) {
    const { breaker, tokens, throttle } = world.policy;
    this.#id = id;
    this.#world = world;
    this.#dataCentre = dataCentre;
    this.endsAt = endsAt;
    this.#breaker = breaker && new CircuitBreaker(breaker);
    this.#budget = tokens === undefined ? undefined : new RetryBudget(tokens);
    this.#throttle = throttle ? new Throttle() : undefined;
  }

  call(number: number): void {
    const { now } = this.#world.clock;
    this.#world.measure.offered(now);
    this.#attempt({ number, offeredAt: now }, 1);
  }

  #attempt(call: Call, attempt: number): void {
    const { clock, random, policy } = this.#world;
    const { now } = clock;
    const breaker = this.#breaker;
    if (breaker === undefined) return this.#send(call, attempt, 0);
    if (policy.regional && breaker.view.lookUpDue(now) && this.#dataCentre.cached)
      breaker.applyVerdict(this.#dataCentre.cached, now);
    const decision = breaker.acquire(now, random);
    if (decision === "lease") return this.#askForLease(call, attempt);
    if (decision === "reject") return this.#report();
    if (decision === "pass" && this.#throttle && !this.#throttle.admit(now, random))
      return breaker.record("ignored", breaker.epoch, 0, now, random);
    this.#send(call, attempt, breaker.epoch);
  }

  #send(call: Call, attempt: number, epoch: number, lease?: number): void {
    const { clock, callee, measure, policy, random } = this.#world;
    const sentAt = clock.now;
    measure.sent(sentAt);
    this.#reporter.sent(sentAt);
    const { outcome, latency } = callee.answer(call.number, attempt, sentAt);
    clock.schedule(latency, () => {
      const { now } = clock;
      this.#breaker?.record(outcome, epoch, latency, now, random, TIMEOUT);
      this.#throttle?.record(outcome, now);
      this.#reporter.ended(outcome, now);
      if (lease !== undefined) {
        const region = this.#dataCentre.region;
        this.#exchange(() => region.settle(lease, outcome, clock.now, random));
      }
      this.#report();
      if (outcome === "ok") {
        this.#budget?.success();
        return measure.succeeded(call.offeredAt);
      }
      const allowed = this.#budget ? this.#budget.failure() : true;
      if (!allowed || attempt >= policy.attempts || this.#breaker?.retriesAllowed(now) === false) return;
      const wait = backoff(attempt, asksForLess(outcome), random()) ?? 0;
      clock.schedule(wait, () => this.#attempt(call, attempt + 1));
    });
  }

  #askForLease(call: Call, attempt: number): void {
    const { region } = this.#dataCentre;
    const { clock, random } = this.#world;
    let lease: number | undefined;
    this.#exchange(
      () => (lease = region.lease(clock.now, random)),
      () => lease !== undefined && this.#send(call, attempt, this.#breaker?.epoch ?? 0, lease),
    );
  }

  /** In `waitUntil`: nobody waits for it. */
  #report(): void {
    const { clock, policy, random } = this.#world;
    const view = this.#breaker?.view;
    if (!policy.regional || !view) return;
    if (!this.#reporter.due(clock.now, view.refreshDue(clock.now))) return;
    view.asked(clock.now);
    const buckets = this.#reporter.flush(clock.now);
    this.#world.measure.reported(clock.now);
    this.#exchange(() => this.#dataCentre.region.report(this.#id, buckets, clock.now, random));
  }

  /** Does something at the region's aggregator, and brings its verdict back to the isolate and the cache. */
  #exchange(there: () => void, back?: () => void): void {
    const { clock, random } = this.#world;
    clock.schedule(TO_REGION, () => {
      there();
      const verdict = this.#dataCentre.region.verdict(clock.now, random);
      clock.schedule(TO_REGION, () => {
        this.#learn(verdict);
        back?.();
      });
    });
  }

  #learn(verdict: Verdict): void {
    this.#dataCentre.store(verdict);
    this.#breaker?.applyVerdict(verdict, this.#world.clock.now);
  }
}
