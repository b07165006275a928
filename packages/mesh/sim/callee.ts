import type { Outcome } from "../src/resilience/outcome.ts";
import { seeded } from "@weft/testkit/random";

/** A callee that breaks for two minutes, one minute into the run. */
export interface Fault {
  readonly name: string;
  /** Share of calls that fail during the outage. */
  readonly rate: number;
  readonly outcome: Exclude<Outcome, "ignored" | "ok">;
  /** How long a failing call takes, ms. */
  readonly latency: number;
}

export const OUTAGE = { begin: 60_000, end: 180_000 } as const;
export const END = 240_000;
/** How long a call may take, ms. */
export const TIMEOUT = 2_000;
/** How long a good call takes, ms. */
const LATENCY = 50;

export const faults = {
  /** The slowest to detect: an error whose cause may be the requests' content. */
  errors: { name: "all 500", rate: 1, outcome: "failure", latency: 50 },
  unavailable: { name: "all 503", rate: 1, outcome: "unavailable", latency: 50 },
  timeouts: { name: "all time out (2 s)", rate: 1, outcome: "overload", latency: TIMEOUT },
  third: { name: "30 % 500", rate: 0.3, outcome: "failure", latency: 50 },
  most: { name: "60 % 500", rate: 0.6, outcome: "failure", latency: 50 },
  mostUnavailable: { name: "60 % 503", rate: 0.6, outcome: "unavailable", latency: 50 },
  thirdUnavailable: { name: "30 % 503", rate: 0.3, outcome: "unavailable", latency: 50 },
  /** Half and more of timeouts and connect errors open a circuit by design: the price is shown. */
  mostOverload: { name: "60 % refused", rate: 0.6, outcome: "overload", latency: 50 },
  noise: { name: "2 % 500", rate: 0.02, outcome: "failure", latency: 50 },
} as const satisfies Record<string, Fault>;

export interface Result {
  readonly outcome: Outcome;
  readonly latency: number;
}

export class Callee {
  readonly #good: Result = { outcome: "ok", latency: LATENCY };
  readonly #bad: Result;
  readonly #fault: Fault;
  readonly #seed: number;

  constructor(fault: Fault, seed: number) {
    this.#fault = fault;
    this.#seed = seed;
    this.#bad = { outcome: fault.outcome, latency: fault.latency };
  }

  /** The fate of a try is fixed by its call and number, so that policies differ by what they do and not by luck. */
  answer(call: number, attempt: number, now: number): Result {
    if (now < OUTAGE.begin || now >= OUTAGE.end) return this.#good;
    return seeded(this.#seed + call * 31 + attempt)() < this.#fault.rate ? this.#bad : this.#good;
  }
}
