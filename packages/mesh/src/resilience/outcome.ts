/**
 * How one try ended, as far as the callee's health is concerned.
 *
 * - `ok`: answered, including every answer that the contract foresees (404, 409, ...).
 * - `failure`: a hard failure that may depend on the request's content: 5xx except 503, a broken answer.
 * - `unavailable`: 503. A hard failure; somebody is up to say so, and a part of the requests may still be served.
 * - `overload`: a hard failure that no content causes: timeout, connect error.
 * - `throttled`: 429. The callee is up and wants less; not a hard failure, but no proof of health either.
 * - `ignored`: says nothing about the callee: the caller went away, or the request never left for a local reason.
 */
export type Outcome = "ok" | "failure" | "unavailable" | "overload" | "throttled" | "ignored";

/** What a circuit counts: a 503 is a hard failure like others (decision 7). */
export type Counted = Exclude<Outcome, "ignored" | "unavailable">;

export function counted(outcome: Exclude<Outcome, "ignored">): Counted {
  return outcome === "unavailable" ? "failure" : outcome;
}

/** Signals that a callee gets more than it can take; the only ones that feed the adaptive throttle. */
export function isOverload(outcome: Outcome): boolean {
  return outcome === "overload" || outcome === "unavailable" || outcome === "throttled";
}

/** The callee itself asked for less: a retry waits longer than after an accident. */
export function asksForLess(outcome: Outcome): boolean {
  return outcome === "unavailable" || outcome === "throttled";
}
