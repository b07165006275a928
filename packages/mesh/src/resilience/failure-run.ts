export interface RunConfig {
  /** Hard failures in a row that are taken for an outage of a callee that was healthy (Linkerd: 7). */
  readonly threshold: number;
  /**
   * With successes mixed in just before, a run must be this improbable at the mixture's failure rate; 1 = any run of
   * `threshold` counts, as in Linkerd.
   */
  readonly significance: number;
}

/**
 * At 60 % random errors 7 in a row come up once in 90 calls, and each time three probes in a row have to succeed
 * (6 %) before the circuit closes: alone the threshold turns the partial outage into a total one. 10^-4 makes a run
 * of 18 necessary there, 8 at 30 %, and leaves 7 for a callee that fails without exception.
 */
export const RUN: RunConfig = { threshold: 7, significance: 1e-4 };

/** So many successes in a row end the suspicion that the callee fails at random. */
const HEALTHY_STREAK = 20;
/** The mixture is forgotten after this much silence, ms: at 0.1 req/s six calls. */
const FORGET_AFTER = 60_000;
/** The mixture is halved at this many calls, so that it follows the callee. */
const FULL = 64;

export interface RunSnapshot {
  readonly length: number;
  readonly mixed: number;
  readonly mixedFailed: number;
  readonly streak: number;
  readonly touched: number;
}

/** Hard failures in a row, judged against what was mixed in just before them. O(1) memory. */
export class FailureRun {
  length = 0;
  readonly #config: RunConfig;
  /** Calls since the first failure that was not followed by failures only, the current run apart. */
  #mixed = 0;
  #mixedFailed = 0;
  /** Successes in a row. */
  #streak = 0;
  #touched = 0;

  constructor(config: RunConfig = RUN) {
    this.#config = config;
  }

  /** The callee answered. */
  success(now: number): void {
    if (this.length > 0) {
      this.#mixed += this.length + 1;
      this.#mixedFailed += this.length;
      this.length = 0;
      this.#streak = 1;
      this.#touched = now;
      if (this.#mixed > FULL) {
        this.#mixedFailed *= FULL / 2 / this.#mixed;
        this.#mixed = FULL / 2;
      }
    } else if (this.#mixed > 0) {
      this.#mixed++;
      this.#touched = now;
      if (++this.#streak >= HEALTHY_STREAK) this.reset();
    }
  }

  /** A hard failure. Returns whether the run is long enough to be an outage. */
  failure(now: number): boolean {
    this.length++;
    return this.length >= this.#config.threshold && this.length >= this.#required(now);
  }

  reset(): void {
    this.length = 0;
    this.#mixed = 0;
    this.#mixedFailed = 0;
    this.#streak = 0;
  }

  snapshot(): RunSnapshot {
    const [mixed, mixedFailed, streak, touched] = [
      this.#mixed,
      this.#mixedFailed,
      this.#streak,
      this.#touched,
    ];
    return { length: this.length, mixed, mixedFailed, streak, touched };
  }

  restore(snapshot: RunSnapshot): void {
    this.length = snapshot.length;
    this.#mixed = snapshot.mixed;
    this.#mixedFailed = snapshot.mixedFailed;
    this.#streak = snapshot.streak;
    this.#touched = snapshot.touched;
  }

  #required(now: number): number {
    if (this.#mixed === 0 || now - this.#touched > FORGET_AFTER) return 0;
    return Math.log(this.#config.significance) / Math.log((this.#mixedFailed + 1) / (this.#mixed + 2));
  }
}
