import type { Counts } from "./window.ts";

export type CircuitState = "closed" | "open" | "half-open" | "ramp";

/** Why a circuit is in its state. The first five open it. */
export type CircuitReason =
  /** Hard failures in a row. */
  | "consecutive-failures"
  /** Nearly everything fails, whatever the cause. */
  | "failure-rate"
  /** Many calls time out or cannot connect: no request's content explains that. */
  | "overload-rate"
  /** Nearly every call is slow. */
  | "slow-rate"
  /** A call during the ramp-up failed too often. */
  | "ramp-failed"
  /** A probe failed, or got 429. */
  | "probe-failed"
  /** A probe never came back within its lease. */
  | "probe-expired"
  /** The open wait is over: probes may be sent. */
  | "wait-over"
  /** Enough probes succeeded: traffic is let in step by step. */
  | "probes-succeeded"
  /** The ramp-up went through. */
  | "recovered"
  /** The region decided. */
  | "verdict"
  /** An operator decided. */
  | "operator"
  /** Nothing happened yet. */
  | "initial";

export interface Transition {
  readonly at: number;
  readonly from: CircuitState;
  readonly to: CircuitState;
  readonly reason: CircuitReason;
  /** What the window held at that moment. */
  readonly counts: Counts;
}

/** The last transitions of one circuit, oldest first. */
export class TransitionLog {
  readonly #limit: number;
  readonly #entries: Transition[] = [];
  readonly #listener: ((transition: Transition) => void) | undefined;

  constructor(listener?: (transition: Transition) => void, limit = 32) {
    this.#listener = listener;
    this.#limit = limit;
  }

  add(transition: Transition): void {
    if (this.#entries.length === this.#limit) this.#entries.shift();
    this.#entries.push(transition);
    this.#listener?.(transition);
  }

  get entries(): readonly Transition[] {
    return this.#entries;
  }

  restore(entries: readonly Transition[]): void {
    this.#entries.splice(0, this.#entries.length, ...entries.slice(-this.#limit));
  }
}
