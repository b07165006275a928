import { back, toUndo } from "./back.ts";
import { endStates, type EndState, type SagaEvent, type SagaState } from "./event.ts";
import { type Progress, triesOf } from "./fold.ts";
import { forth } from "./forth.ts";
import type { Phase, Plan, PlanStep } from "./plan.ts";

/** What to do now. `key`: the step's place in the saga, see key.ts. */
export type Decision =
  /** Record the intent, then call with this timeout (ms), then record the outcome. */
  | {
      readonly type: "attempt";
      readonly key: string;
      readonly step: PlanStep;
      readonly phase: Phase;
      readonly attempt: number;
      readonly timeout: number;
    }
  /** Ask the definition's code which branch, which items or which input, and record what it says. */
  | { readonly type: "resolve"; readonly key: string }
  /** Nothing to call: the log itself allows this conclusion. */
  | { readonly type: "record"; readonly event: SagaEvent }
  /** Nothing to do before this time, ms since the epoch; Infinity: before something under way has ended. */
  | { readonly type: "wait"; readonly until: number }
  | { readonly type: "ended" };

const NONE: ReadonlySet<string> = new Set();

/**
 * Decides from the log alone what a saga does next. Pure: equal arguments, equal decision. Ask again after each
 * decision that was carried out: several attempts may be under way.
 * @param now ms since the epoch
 * @param underWay keys of the steps whose attempts this process waits for. Every other intent without an outcome is
 * one whose outcome is not known.
 */
export function next(
  plan: Plan,
  progress: Progress,
  now: number,
  underWay: ReadonlySet<string> = NONE,
): Decision {
  if (isFinal(progress.state)) return { type: "ended" };
  if (progress.wanted?.end === "killed") return { type: "record", event: { type: "ended", state: "KILLED" } };
  return progress.state === "COMPENSATING"
    ? back(plan, progress, now, underWay)
    : forth(plan, progress, now, underWay);
}

export function isFinal(state: SagaState): state is EndState {
  return (endStates as readonly string[]).includes(state);
}

/** Nothing that the starter waits for is still to come: the saga has ended, or goes back and has tried every undo once. */
export function isSettled(plan: Plan, progress: Progress): boolean {
  if (isFinal(progress.state)) return true;
  if (progress.state !== "COMPENSATING") return false;
  return toUndo(plan, progress).every(({ key }) => {
    const { attempts, open, done } = triesOf(progress, key, "undo");
    // One that is under way counts only when another came before it.
    return done || attempts > (open ? 1 : 0);
  });
}
