/** For the Worker that holds the region's objects. */
export { VerdictAggregator, type AggregatorSnapshot } from "../resilience/aggregator.ts";
export type { CircuitStatus } from "../resilience/circuit-breaker.ts";
export type { Outcome } from "../resilience/outcome.ts";
export type { Transition } from "../resilience/transitions.ts";
export type { Verdict } from "../resilience/verdict.ts";
export { LOCAL } from "./region-of.ts";
export { verdictName } from "./region.ts";
export { writeVerdict } from "./verdict-cache.ts";
export { callObject, type LeaseAnswer, type Report, type VerdictObject } from "./verdict-object.ts";
