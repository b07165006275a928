import type { Outcome } from "./outcome.ts";

/** How a try at one instance ended; `unreachable`: the request never left, because nobody listens there. */
export type InstanceOutcome = Outcome | "unreachable";

/** Failures in a row that eject an instance (Envoy's consecutive_5xx). */
const THRESHOLD = 5;
/** Waits before an ejected instance is tried again: doubling from 1 s to 60 s, spread by half (Linkerd). */
const BASE = 1_000;
const CAP = 60_000;
const JITTER = 0.5;

/**
 * How many of `instances` may be ejected at once. The others' outlier detection breaks down with one to three
 * instances (Envoy's 10 % of 3 is none; NGINX ignores failures of a single server): here all but one may go, and of
 * four or more half, so that the rest is not buried under the load of the ejected.
 */
export function maxEjected(instances: number): number {
  return instances <= 3 ? instances - 1 : Math.floor(instances / 2);
}

/** Whether one instance gets traffic, judged by the traffic it got. */
export class Ejection {
  #failures = 0;
  #ejections = 0;
  #until = 0;

  ejected(now: number): boolean {
    return now < this.#until;
  }

  /** Back from an ejection and not yet proved to work: one request at a time. */
  get onProbation(): boolean {
    return this.#ejections > 0;
  }

  /** Returns whether the instance has earned an ejection: at once if unreachable, or by failing its probation. */
  record(outcome: InstanceOutcome): boolean {
    if (outcome === "ignored" || outcome === "throttled") return false;
    if (outcome === "ok") {
      this.readmit();
      return false;
    }
    this.#failures++;
    return outcome === "unreachable" || this.onProbation || this.#failures >= THRESHOLD;
  }

  eject(now: number, draw: number): void {
    const wait = Math.min(CAP, BASE * 2 ** this.#ejections);
    this.#until = now + wait * (1 + JITTER * (2 * draw - 1));
    this.#ejections++;
    this.#failures = 0;
  }

  /** It works: by a call, or by an active health check (Envoy). */
  readmit(): void {
    this.#failures = 0;
    this.#ejections = 0;
    this.#until = 0;
  }
}
