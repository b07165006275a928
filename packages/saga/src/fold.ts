import type { Failure, FailureKind, Logged, SagaState } from "./event.ts";
import type { Phase } from "./plan.ts";

/** What the log says about one direction of one step. */
export interface Tries {
  readonly attempts: number;
  /** Time of the first attempt. */
  readonly firstAt: number;
  /** The last attempt has no outcome: it is under way, or the coordinator was interrupted. */
  readonly open: boolean;
  /** Some attempt may have taken effect unseen. */
  readonly unknown: boolean;
  readonly done: boolean;
  readonly parked: boolean;
  readonly last:
    | { readonly kind: FailureKind; readonly failure: Failure; readonly retryAt: number }
    | undefined;
}

/** A saga's state: a projection of its log. */
export interface Progress {
  readonly state: SagaState;
  readonly steps: Readonly<Record<string, Partial<Record<Phase, Tries>>>>;
  /** Answers of the steps that were done, by step. */
  readonly results: Readonly<Record<string, unknown>>;
  /** Why the saga went back. */
  readonly failure: (Failure & { readonly step: string }) | undefined;
}

export const UNTRIED: Tries = {
  attempts: 0,
  firstAt: 0,
  open: false,
  unknown: false,
  done: false,
  parked: false,
  last: undefined,
};

export const BEGINNING: Progress = { state: "RUNNING", steps: {}, results: {}, failure: undefined };

export function triesOf(progress: Progress, step: string, phase: Phase): Tries {
  return progress.steps[step]?.[phase] ?? UNTRIED;
}

export function fold(log: readonly Logged[]): Progress {
  return log.reduce(apply, BEGINNING);
}

export function apply(progress: Progress, event: Logged): Progress {
  switch (event.type) {
    case "started":
      return progress;
    case "compensating":
      return { ...progress, state: "COMPENSATING", failure: { ...event.failure, step: event.step } };
    case "ended":
      return { ...progress, state: event.state };
    case "done": {
      const next = withTries(progress, event.step, event.phase, (tries) => ({
        ...tries,
        open: false,
        done: true,
        parked: false,
      }));
      return event.phase === "undo"
        ? next
        : { ...next, results: { ...next.results, [event.step]: event.result } };
    }
    case "intent":
      return withTries(progress, event.step, event.phase, (tries) => ({
        ...tries,
        attempts: event.attempt,
        firstAt: tries.attempts === 0 ? event.at : tries.firstAt,
        open: true,
        // The attempt before this one was interrupted.
        unknown: tries.unknown || tries.open,
      }));
    case "failed": {
      const { kind, failure, retryAt } = event;
      return withTries(progress, event.step, event.phase, (tries) => ({
        ...tries,
        open: false,
        unknown: tries.unknown || kind === "unknown",
        last: { kind, failure, retryAt },
      }));
    }
    case "parked":
      return withTries(progress, event.step, event.phase, (tries) => ({
        ...tries,
        open: false,
        unknown: tries.unknown || tries.open,
        parked: true,
      }));
  }
}

function withTries(
  progress: Progress,
  step: string,
  phase: Phase,
  change: (tries: Tries) => Tries,
): Progress {
  const phases = { ...progress.steps[step], [phase]: change(triesOf(progress, step, phase)) };
  return { ...progress, steps: { ...progress.steps, [step]: phases } };
}
