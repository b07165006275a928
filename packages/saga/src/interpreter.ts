import type { Failure, SagaEvent, SagaState } from "./event.ts";
import { type Progress, type Tries, triesOf } from "./fold.ts";
import type { Phase, Plan, PlanStep, Retry } from "./plan.ts";

/** What to do now. */
export type Decision =
  /** Record the intent, then call with this timeout (ms), then record the outcome. */
  | {
      readonly type: "attempt";
      readonly step: PlanStep;
      readonly phase: Phase;
      readonly attempt: number;
      readonly timeout: number;
    }
  /** Nothing to call: the log itself allows this conclusion. */
  | { readonly type: "record"; readonly event: SagaEvent }
  /** Nothing to do before this time, ms since the epoch. */
  | { readonly type: "wait"; readonly until: number }
  | { readonly type: "ended" };

const INTERRUPTED: Failure = { code: "UNAVAILABLE", status: 503, detail: "The coordinator was interrupted." };

/**
 * Decides from the log alone what a saga does next. Pure: equal arguments, equal decision. Expects that no attempt is
 * under way, so an intent without an outcome is one whose outcome is not known.
 * @param now ms since the epoch
 */
export function next(plan: Plan, progress: Progress, now: number): Decision {
  if (isFinal(progress.state)) return { type: "ended" };
  return progress.state === "COMPENSATING" ? back(plan, progress, now) : forth(plan, progress, now);
}

export function isFinal(state: SagaState): boolean {
  return state !== "RUNNING" && state !== "COMPENSATING";
}

/** Nothing that the starter waits for is still to come: the saga has ended, or goes back and has tried every undo once. */
export function isSettled(plan: Plan, progress: Progress): boolean {
  if (isFinal(progress.state)) return true;
  if (progress.state !== "COMPENSATING") return false;
  return toUndo(plan, progress).every(({ name }) => {
    const { attempts, open } = triesOf(progress, name, "undo");
    // One that is under way counts only when another came before it.
    return attempts > (open ? 1 : 0);
  });
}

function forth(plan: Plan, progress: Progress, now: number): Decision {
  const step = plan.steps.find(({ name }) => !triesOf(progress, name, "do").done);
  if (!step) return record({ type: "ended", state: "COMPLETED" });
  const tries = triesOf(progress, step.name, "do");
  const failure = reasonToGoBack(step, tries);
  if (failure) return record({ type: "compensating", step: step.name, failure });
  if (step.kind !== "compensatable" && isSpent(step.do.retry, tries) && !tries.parked)
    return park(step, "do", tries);
  return tryOrWait(step, "do", tries, now);
}

/** A step that took no effect, for sure or reparably, and will not. */
function reasonToGoBack({ kind, do: { retry } }: PlanStep, tries: Tries): Failure | undefined {
  if (kind === "retriable") return undefined;
  if (tries.last?.kind === "business") return tries.last.failure;
  // The pivot has no undo: while it may have taken effect, only the same call again can tell.
  if (kind === "pivot" && mayBeDone(tries)) return undefined;
  if (tries.last?.kind === "refused") return tries.last.failure;
  return isSpent(retry, tries) ? (tries.last?.failure ?? INTERRUPTED) : undefined;
}

function back(plan: Plan, progress: Progress, now: number): Decision {
  const undos = toUndo(plan, progress).map((step) => ({ step, tries: triesOf(progress, step.name, "undo") }));
  const open = undos.filter(({ tries }) => !tries.done && !tries.parked);
  if (open.length === 0) {
    return record({
      type: "ended",
      state: undos.every(({ tries }) => tries.done) ? "COMPENSATED" : "PARTIALLY_COMPENSATED",
    });
  }
  const spent = open.find(({ step, tries }) => isSpent(undoRetry(step), tries));
  if (spent) return park(spent.step, "undo", spent.tries);
  // An undo that waits for its next attempt does not hold up those behind it.
  const soonest = open.reduce((a, b) => (dueAt(b.tries) < dueAt(a.tries) ? b : a));
  return tryOrWait(soonest.step, "undo", soonest.tries, now);
}

/** Steps whose effect is or may be there, last one first. */
function toUndo(plan: Plan, progress: Progress): PlanStep[] {
  return plan.steps
    .filter((step) => step.kind === "compensatable" && mayBeDone(triesOf(progress, step.name, "do")))
    .toReversed();
}

function mayBeDone(tries: Tries): boolean {
  return tries.done || tries.unknown || tries.open;
}

function tryOrWait(step: PlanStep, phase: Phase, tries: Tries, now: number): Decision {
  const due = dueAt(tries);
  if (due > now) return { type: "wait", until: due };
  const retry = phase === "do" ? step.do.retry : undoRetry(step);
  const left =
    retry.budget === null || tries.attempts === 0 ? retry.timeout : tries.firstAt + retry.budget - now;
  // No time is left only when the coordinator was down, and what that held up is worth one more whole attempt.
  const timeout = left > 0 ? Math.min(retry.timeout, left) : retry.timeout;
  return { type: "attempt", step, phase, attempt: tries.attempts + 1, timeout };
}

function dueAt(tries: Tries): number {
  return tries.open ? 0 : (tries.last?.retryAt ?? 0);
}

/**
 * No attempt is left. Time in which the coordinator was down uses up nothing: an interrupted attempt is repeated, and
 * one that was due within the budget is made however late it is.
 */
function isSpent({ attempts, budget }: Retry, tries: Tries): boolean {
  if (tries.attempts === 0) return false;
  if (attempts !== null && tries.attempts >= attempts) return true;
  return budget !== null && !tries.open && dueAt(tries) >= tries.firstAt + budget;
}

function undoRetry(step: PlanStep): Retry {
  if (!step.undo) throw new TypeError(`Step "${step.name}" has no undo in its plan.`);
  return step.undo.retry;
}

function park(step: PlanStep, phase: Phase, tries: Tries): Decision {
  return record({ type: "parked", step: step.name, phase, failure: tries.last?.failure ?? INTERRUPTED });
}

function record(event: SagaEvent): Decision {
  return { type: "record", event };
}
