import { back, toUndo } from "./back.ts";
import { endStates, type EndState, type Failure, type SagaEvent, type SagaState } from "./event.ts";
import { type Progress, triesOf } from "./fold.ts";
import { forth } from "./forth.ts";
import { end } from "./pace.ts";
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
      /** Which attempt it is since the step was begun, or begun anew by an operator, from 1. */
      readonly nth: number;
      /** The step fails in the same way again and again. */
      readonly stuck: boolean;
      readonly timeout: number;
    }
  /** Ask the definition's code which branch, which items or which input, and record what it says. */
  | { readonly type: "resolve"; readonly key: string }
  /** Nothing to call: the log itself allows this conclusion. */
  | { readonly type: "record"; readonly event: SagaEvent }
  /** Nothing to do before this time, ms since the epoch; Infinity: before something under way has ended. */
  | { readonly type: "wait"; readonly until: number }
  | { readonly type: "ended" };

/** Events of attempts that a saga's log may hold since an operator's last order. */
export const MOST_EVENTS = 10_000;
const DAY = 86_400_000;
const LOG_FULL: Failure = {
  code: "LOG_FULL",
  status: 409,
  detail: `Its log has ${MOST_EVENTS} events of attempts. It goes on after an operator's order, such as retry.`,
};

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
  const decision = decide(plan, progress, now, underWay);
  const begins = decision.type === "attempt" || decision.type === "resolve";
  if (!begins || progress.events < MOST_EVENTS) return decision;
  // It may end, and take what it is told, but it begins nothing: a log without end could not be read any more.
  if (progress.halted !== undefined) return { type: "wait", until: now + DAY };
  return { type: "record", event: { type: "halted", step: decision.key, failure: LOG_FULL } };
}

function decide(plan: Plan, progress: Progress, now: number, underWay: ReadonlySet<string>): Decision {
  if (isFinal(progress.state)) return { type: "ended" };
  if (progress.wanted?.end === "killed") return end("KILLED", progress);
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
