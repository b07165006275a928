import type { Failure, SagaEvent } from "./event.ts";
import type { Phase, PlanStep, Retry } from "./plan.ts";
import type { Tries } from "./tries.ts";

/** Where there is no failure to name: the attempt has no outcome on record. */
export const INTERRUPTED: Failure = {
  code: "UNAVAILABLE",
  status: 503,
  detail: "The coordinator was interrupted.",
};

export function mayBeDone(tries: Tries): boolean {
  return tries.done || tries.unknown || tries.open;
}

/** When the next attempt is due, ms since the epoch. */
export function dueAt(tries: Tries): number {
  return tries.open ? 0 : (tries.last?.retryAt ?? 0);
}

/**
 * No attempt is left. Time in which the coordinator was down uses up nothing: an interrupted attempt is repeated, and
 * one that was due within the budget is made however late it is.
 */
export function isSpent({ attempts, budget }: Retry, tries: Tries): boolean {
  const made = tries.attempts - tries.before;
  if (made === 0) return false;
  if (attempts !== null && made >= attempts) return true;
  return budget !== null && !tries.open && dueAt(tries) >= tries.firstAt + budget;
}

export interface Due {
  readonly key: string;
  readonly step: PlanStep;
  readonly phase: Phase;
  readonly tries: Tries;
}

export function retryOf(step: PlanStep, phase: Phase): Retry {
  if (phase === "do") return step.do.retry;
  if (!step.undo) throw new TypeError(`Step "${step.name}" has no undo in its plan.`);
  return step.undo.retry;
}

export function attempt({ key, step, phase, tries }: Due, now: number) {
  const retry = retryOf(step, phase);
  const first = tries.attempts === tries.before;
  const left = retry.budget === null || first ? retry.timeout : tries.firstAt + retry.budget - now;
  // No time is left only when the coordinator was down, and what that held up is worth one more whole attempt.
  const timeout = left > 0 ? Math.min(retry.timeout, left) : retry.timeout;
  return { type: "attempt", key, step, phase, attempt: tries.attempts + 1, timeout } as const;
}

export function park(step: string, phase: Phase, tries: Tries) {
  return record({ type: "parked", step, phase, failure: tries.last?.failure ?? INTERRUPTED });
}

export function record(event: SagaEvent) {
  return { type: "record", event } as const;
}
