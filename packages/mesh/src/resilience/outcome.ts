/**
 * How one try ended, as far as the callee's health is concerned.
 *
 * - `ok`: answered, including every answer that the contract foresees (404, 409, ...).
 * - `failure`: a hard failure that may depend on the request's content: 5xx except 503, a broken answer.
 * - `overload`: a hard failure that no content causes: timeout, connect error, 503.
 * - `throttled`: 429. The callee is up and wants less; not a hard failure, but no proof of health either.
 * - `ignored`: says nothing about the callee: the caller went away, or the request never left for a local reason.
 */
export type Outcome = "ok" | "failure" | "overload" | "throttled" | "ignored";

/** Signals that a callee wants less load; the only ones that feed the adaptive throttle. */
export function isOverload(outcome: Outcome): boolean {
  return outcome === "overload" || outcome === "throttled";
}
