import { CircuitMachine, type MachineSnapshot } from "./circuit-machine.ts";
import type { Outcome } from "./outcome.ts";
import { Quorum } from "./quorum.ts";
import { RECOVERY, type RecoveryConfig } from "./recovery.ts";
import type { ReportBucket } from "./reporter.ts";
import { type CircuitState, type Transition, TransitionLog } from "./transitions.ts";
import { ended, TRIP, type TripConfig, tripReason, unsuccessful } from "./trip-rules.ts";
import type { Verdict } from "./verdict.ts";
import { Window, type WindowSnapshot } from "./window.ts";

export interface AggregatorConfig extends TripConfig, RecoveryConfig {
  /** Length of the history, ms. */
  readonly window: number;
  /** Distinct failing reporters that it takes; see Quorum for fleets with fewer. */
  readonly quorum: number;
  /** Retries are off from this share of unsuccessful calls on. */
  readonly suspendRate: number;
  /** The callee counts as partly failing from this share on, once that lasted for a whole window. */
  readonly partialRate: number;
  /** How old an isolate's copy may get, by state. Short where the next step depends on the news. */
  readonly maxAgeMs: Readonly<Record<CircuitState, number>>;
}

/**
 * reference/saga-resilience.md 6.3: window 5 s (10 s took 7 s instead of 4 s to detect), 20 calls from 3 reporters.
 * A region's ramp is judged by at least five calls: it has enough of them, and a wrong re-opening hits everybody.
 */
export const AGGREGATOR: AggregatorConfig = {
  ...TRIP,
  ...RECOVERY,
  rampMinCalls: 5,
  window: 5_000,
  quorum: 3,
  suspendRate: 0.5,
  partialRate: 0.2,
  maxAgeMs: { closed: 2_000, open: 2_000, "half-open": 500, ramp: 1_000 },
};

export interface AggregatorSnapshot {
  readonly machine: MachineSnapshot;
  readonly window: WindowSnapshot;
  readonly quorum: ReturnType<Quorum["snapshot"]>;
  readonly transitions: readonly Transition[];
  readonly mixedSince: number | undefined;
  readonly override: { readonly state: "open" | "closed"; readonly until: number } | undefined;
  readonly version: number;
}

/**
 * A region's verdict about one callee: sums up what isolates report, and lets exactly one of them probe at a time.
 * Pure; the Durable Object around it stores snapshots and brings clock and randomness.
 */
export class VerdictAggregator {
  readonly #config: AggregatorConfig;
  readonly #window: Window;
  readonly #quorum: Quorum;
  readonly #log: TransitionLog;
  readonly #machine: CircuitMachine;
  /** Since when the callee has been failing some calls and answering others. */
  #mixedSince: number | undefined;
  #override: AggregatorSnapshot["override"];
  #overrides = 0;

  constructor(config: Partial<AggregatorConfig> = {}, onTransition?: (transition: Transition) => void) {
    this.#config = { ...AGGREGATOR, ...config };
    this.#window = new Window(this.#config.window);
    this.#quorum = new Quorum(this.#config.quorum, this.#config.window);
    this.#log = new TransitionLog(onTransition);
    this.#machine = new CircuitMachine(this.#config, this.#window, this.#log);
  }

  get transitions(): readonly Transition[] {
    return this.#log.entries;
  }

  report(reporter: string, buckets: readonly ReportBucket[], now: number, random: () => number): void {
    const machine = this.#machine;
    machine.advance(now, random);
    let calls = 0;
    let failed = 0;
    for (const bucket of buckets) {
      const at = now - Math.max(0, bucket.age);
      // What ended before this state began belongs to the one before.
      if (at < machine.since || at <= now - this.#config.window) continue;
      this.#window.add("sent", now, bucket.sent, at);
      this.#window.add("ok", now, bucket.ok, at);
      this.#window.add("failure", now, bucket.failure, at);
      this.#window.add("overload", now, bucket.overload, at);
      this.#window.add("throttled", now, bucket.throttled, at);
      calls += bucket.ok + bucket.failure + bucket.overload + bucket.throttled;
      failed += bucket.failure + bucket.overload + bucket.throttled;
    }
    this.#quorum.heard(reporter, calls, failed, now);
    if (machine.state === "ramp") machine.ramped(calls - failed, failed, now, random);
    if (machine.state === "closed") this.#judge(now, random);
  }

  #judge(now: number, random: () => number): void {
    const reason = tripReason(this.#window, now, this.#config);
    if (reason && this.#quorum.reached(now)) {
      this.#machine.trip(reason, now, random);
      this.#quorum.forgetCounts();
      this.#mixedSince = undefined;
      return;
    }
    const mixed = this.#rate(now) >= this.#config.partialRate;
    this.#mixedSince = mixed ? (this.#mixedSince ?? now) : undefined;
  }

  /** Share of unsuccessful calls; 0 while there are too few to say. */
  #rate(now: number): number {
    const calls = ended(this.#window, now);
    return calls < this.#config.minCalls ? 0 : unsuccessful(this.#window, now) / calls;
  }

  /** Grants the region's one probe. Returns the lease's number for `settle`, or undefined if it is taken. */
  lease(now: number, random: () => number): number | undefined {
    if (this.#forced(now)) return undefined;
    this.#machine.advance(now, random);
    return this.#machine.lease(now) ? this.#machine.epoch : undefined;
  }

  /** The probe ended. A lease that ran out meanwhile has already been counted as a failure. */
  settle(lease: number, outcome: Outcome, now: number, random: () => number): void {
    this.#machine.advance(now, random);
    if (lease === this.#machine.epoch) this.#machine.settle(outcome, now, random);
  }

  /** An operator's order to the whole region; ends by itself at `until`, or with `undefined`. */
  override(state: "open" | "closed" | undefined, until: number, now: number): void {
    const from = this.#forced(now) ?? this.#machine.state;
    this.#override = state && { state, until };
    this.#overrides++;
    const to = state ?? this.#machine.state;
    this.#log.add({ at: now, from, to, reason: "operator", counts: this.#window.counts(now) });
  }

  verdict(now: number, random: () => number): Verdict {
    const forced = this.#forced(now);
    const machine = this.#machine;
    machine.advance(now, random);
    const { suspendRate, window, maxAgeMs } = this.#config;
    const closed = machine.state === "closed";
    const failing = closed && this.#rate(now) >= suspendRate && this.#quorum.reached(now);
    const state = forced ?? machine.state;
    return {
      version: machine.epoch + this.#overrides,
      state,
      reason: forced ? "operator" : machine.reason,
      admit: forced ? Number(forced === "closed") : machine.fraction(now),
      retries: forced === "open" || failing || !closed ? "off" : "on",
      partial: closed && this.#mixedSince !== undefined && now - this.#mixedSince >= window,
      since: machine.since,
      until: forced ? (this.#override?.until ?? 0) : this.#until(),
      issuedAt: now,
      maxAgeMs: maxAgeMs[state],
    };
  }

  #until(): number {
    const { state, until, leaseUntil } = this.#machine;
    return state === "open" ? until : state === "half-open" ? leaseUntil : 0;
  }

  snapshot(): AggregatorSnapshot {
    return {
      machine: this.#machine.snapshot(),
      window: this.#window.snapshot(),
      quorum: this.#quorum.snapshot(),
      transitions: [...this.#log.entries],
      mixedSince: this.#mixedSince,
      override: this.#override,
      version: this.#overrides,
    };
  }

  restore(snapshot: AggregatorSnapshot): void {
    this.#machine.restore(snapshot.machine);
    this.#window.restore(snapshot.window);
    this.#quorum.restore(snapshot.quorum);
    this.#log.restore(snapshot.transitions);
    this.#mixedSince = snapshot.mixedSince;
    this.#override = snapshot.override;
    this.#overrides = snapshot.version;
  }

  #forced(now: number): "open" | "closed" | undefined {
    if (this.#override && now >= this.#override.until) {
      this.#override = undefined;
      this.#overrides++;
    }
    return this.#override?.state;
  }
}
