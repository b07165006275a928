import type { Outcome } from "./outcome.ts";
import { openWait, rampFraction, type RecoveryConfig } from "./recovery.ts";
import type { CircuitReason, CircuitState, TransitionLog } from "./transitions.ts";
import type { Window } from "./window.ts";

/** A machine's state as plain JSON. */
export interface MachineSnapshot {
  readonly state: CircuitState;
  readonly reason: CircuitReason;
  readonly cause: CircuitReason;
  readonly since: number;
  readonly until: number;
  readonly leaseUntil: number;
  readonly epoch: number;
  readonly openings: number;
  readonly probed: number;
  readonly rampOk: number;
  readonly rampFailed: number;
}

/**
 * How a circuit gets from open back to closed: the part that one isolate's breaker and the region's verdict share.
 *
 * Time moves it only when it is asked (`advance`): there are no timers. Every state but closed ends by itself once
 * calls come and succeed: open by its wait, half-open by its probes or their leases, ramp by its last step.
 */
export class CircuitMachine {
  state: CircuitState = "closed";
  reason: CircuitReason = "initial";
  /** What opened the circuit when it was last closed. */
  cause: CircuitReason = "initial";
  /** When this state was entered. */
  since = 0;
  /** When an open circuit may be probed. */
  until = 0;
  /** When the outstanding probe counts as lost; 0 = none outstanding. */
  leaseUntil = 0;
  /** Number of the current state; an outcome of a call from an earlier one proves nothing about this one. */
  epoch = 0;
  /** How often the circuit opened since it was last closed. */
  openings = 0;
  #probed = 0;
  #rampOk = 0;
  #rampFailed = 0;

  readonly config: RecoveryConfig;
  readonly #window: Window;
  readonly #log: TransitionLog;

  constructor(config: RecoveryConfig, window: Window, log: TransitionLog) {
    this.config = config;
    this.#window = window;
    this.#log = log;
  }

  /** Applies everything that the passing of time decides. */
  advance(now: number, random: () => number): void {
    // A lost probe is dated back to the end of its lease: an idle circuit must not wait once more.
    if (this.state === "half-open" && this.leaseUntil > 0 && now >= this.leaseUntil)
      this.trip("probe-expired", this.leaseUntil, random);
    if (this.state === "open" && now >= this.until) this.#enter("half-open", "wait-over", now);
    const { ramp, rampStep } = this.config;
    if (this.state === "ramp" && now >= this.since + ramp.length * rampStep) this.#close("recovered", now);
  }

  /** The share of calls that may go out; probes of a half-open circuit come on top. */
  fraction(now: number): number {
    if (this.state === "closed") return 1;
    return this.state === "ramp" ? rampFraction(this.config, this.since, now) : 0;
  }

  /** Takes the one probe lease of a half-open circuit, if it is free. */
  lease(now: number): boolean {
    if (this.state !== "half-open" || this.leaseUntil > 0) return false;
    this.leaseUntil = now + this.config.lease;
    return true;
  }

  /** The outstanding probe ended. An ignored outcome only gives the lease back (resilience4j issue 544). */
  settle(outcome: Outcome, now: number, random: () => number): void {
    if (this.state !== "half-open" || this.leaseUntil === 0) return;
    this.leaseUntil = 0;
    if (outcome === "ignored") return;
    if (outcome !== "ok") return this.trip("probe-failed", now, random);
    if (++this.#probed < this.config.probes) return;
    if (this.config.ramp.length > 0) this.#enter("ramp", "probes-succeeded", now);
    else this.#close("probes-succeeded", now);
  }

  /** Calls that were let in by the ramp ended. */
  ramped(ok: number, failed: number, now: number, random: () => number): void {
    if (this.state !== "ramp") return;
    this.#rampOk += ok;
    this.#rampFailed += failed;
    const ended = this.#rampOk + this.#rampFailed;
    if (ended >= this.config.rampMinCalls && this.#rampFailed >= ended * this.config.rampFailureRate)
      this.trip("ramp-failed", now, random);
  }

  /** Opens. A circuit that was closed starts with the shortest wait. */
  trip(reason: CircuitReason, at: number, random: () => number): void {
    if (this.state === "closed") this.cause = reason;
    this.openings = this.state === "closed" ? 1 : this.openings + 1;
    this.until = at + openWait(this.config, this.openings, random());
    this.#enter("open", reason, at);
  }

  /** Closes at once, on somebody else's word. */
  reset(reason: CircuitReason, now: number): void {
    if (this.state !== "closed") this.#close(reason, now);
  }

  snapshot(): MachineSnapshot {
    const { state, reason, cause, since, until, leaseUntil, epoch, openings } = this;
    const counters = { probed: this.#probed, rampOk: this.#rampOk, rampFailed: this.#rampFailed };
    return { state, reason, cause, since, until, leaseUntil, epoch, openings, ...counters };
  }

  restore(snapshot: MachineSnapshot): void {
    this.state = snapshot.state;
    this.reason = snapshot.reason;
    this.cause = snapshot.cause;
    this.since = snapshot.since;
    this.until = snapshot.until;
    this.leaseUntil = snapshot.leaseUntil;
    this.epoch = snapshot.epoch;
    this.openings = snapshot.openings;
    this.#probed = snapshot.probed;
    this.#rampOk = snapshot.rampOk;
    this.#rampFailed = snapshot.rampFailed;
  }

  #close(reason: CircuitReason, now: number): void {
    this.openings = 0;
    this.#enter("closed", reason, now);
  }

  #enter(to: CircuitState, reason: CircuitReason, at: number): void {
    this.#log.add({ at, from: this.state, to, reason, counts: this.#window.counts(at) });
    // What was seen before must not open the circuit again.
    if (to === "ramp" || to === "closed") this.#window.clear();
    this.state = to;
    this.reason = reason;
    this.since = at;
    this.epoch++;
    this.leaseUntil = 0;
    this.#probed = 0;
    this.#rampOk = 0;
    this.#rampFailed = 0;
  }
}
