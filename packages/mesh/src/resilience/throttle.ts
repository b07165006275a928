import type { Priority } from "./bulkhead.ts";
import { isOverload, type Outcome } from "./outcome.ts";
import { Thinning } from "./thinning.ts";
import { Window } from "./window.ts";

export interface ThrottleConfig {
  /** Length of the history, ms. Google SRE uses two minutes; an isolate must forget faster than an outage ends. */
  readonly window: number;
  /**
   * How many tries one accepted try stands for: "K" of the SRE book, which takes 2. With 2, a callee that answers 60 %
   * of all calls with 503 at random gets ever fewer calls, and success falls from 40 to 15 % (docs/decisions/0007);
   * with 3 it stays at 37 %, and a callee that is truly overloaded is asked three times for each call that it takes.
   */
  readonly multiplier: number;
  /**
   * No shedding below this many tries in the window (Linkerd's 2026 breaker: 5). Above the 7 failures in a row that open a
   * circuit: a total outage is the circuit's.
   */
  readonly minSamples: number;
  /** Share that always goes out, so that the callee's recovery is noticed. Envoy's admission control: 20 %. */
  readonly minAdmitted: number;
}

export const THROTTLE: ThrottleConfig = { window: 10_000, multiplier: 3, minSamples: 10, minAdmitted: 0.1 };

/**
 * Adaptive client-side throttling (Google SRE book, "Handling Overload"): sheds with
 * p = max(0, (R - K*A) / (R + 1)), where R is what the caller wanted to send and A what the callee took.
 *
 * Only overload signals count as not taken: a 500 is a bug that sending less does not cure, and shedding on it would
 * turn a partial outage into a full one. Calls in flight count as neither, so a slow callee alone sheds nothing.
 */
export class Throttle {
  readonly #config: ThrottleConfig;
  readonly #window: Window;
  readonly #thinning = new Thinning();

  constructor(config: Partial<ThrottleConfig> = {}) {
    this.#config = { ...THROTTLE, ...config };
    this.#window = new Window(this.#config.window);
  }

  /** The share of calls that is to be shed. */
  rejection(now: number): number {
    const { multiplier, minSamples, minAdmitted } = this.#config;
    const refused = this.#window.count("overload", now);
    if (refused === 0) return 0;
    const taken = this.#window.count("ok", now);
    if (taken + refused < minSamples) return 0;
    const wanted = taken + refused + this.#window.count("shed", now);
    return Math.min(1 - minAdmitted, Math.max(0, (wanted - multiplier * taken) / (wanted + 1)));
  }

  /** Whether this call may go out, the important ones first. Draws from `random` only while there is something to shed. */
  admit(now: number, random: () => number, priority: Priority = "normal"): boolean {
    const rejection = this.rejection(now);
    if (rejection === 0 || this.#thinning.admits(1 - rejection, priority, random)) return true;
    this.#window.add("shed", now);
    return false;
  }

  record(outcome: Outcome, now: number): void {
    if (outcome === "ignored") return;
    this.#window.add(isOverload(outcome) ? "overload" : "ok", now);
  }
}
