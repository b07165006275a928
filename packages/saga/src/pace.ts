import type { EndState, Failure, SagaEvent } from "./event.ts";
import type { Progress } from "./fold.ts";
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

/** It fails in the same way so often that trying goes on rarely. A step that is parked is tried rarely anyway. */
export function repeatsItself({ repeats }: Retry, { repeated, stuck, parked }: Tries): boolean {
  return repeats != null && repeated >= repeats && !stuck && !parked;
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
  const nth = tries.attempts - tries.before + 1;
  const left = retry.budget === null || nth === 1 ? retry.timeout : tries.firstAt + retry.budget - now;
  // No time is left only when the coordinator was down, and what that held up is worth one more whole attempt.
  const timeout = left > 0 ? Math.min(retry.timeout, left) : retry.timeout;
  const { stuck } = tries;
  return { type: "attempt", key, step, phase, attempt: tries.attempts + 1, nth, stuck, timeout } as const;
}

export function park(step: string, phase: Phase, tries: Tries) {
  return record({ type: "parked", step, phase, failure: tries.last?.failure ?? INTERRUPTED });
}

export function stick(step: string, phase: Phase, tries: Tries) {
  return record({ type: "stuck", step, phase, failure: tries.last?.failure ?? INTERRUPTED });
}

/** Signals that nobody waited for are on record as dropped. */
export function end(state: EndState, { signals }: Progress) {
  const dropped = signals.filter(({ consumed }) => !consumed).map(({ id }) => id);
  return record({ type: "ended", state, ...(dropped.length > 0 && { dropped }) });
}

export function record(event: SagaEvent) {
  return { type: "record", event } as const;
}
