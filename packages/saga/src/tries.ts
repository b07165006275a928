import type { Failure, FailureKind } from "./event.ts";
import type { Phase } from "./plan.ts";

/** What the log says about one direction of one step. */
export interface Tries {
  readonly attempts: number;
  /** Attempts before an operator's order to begin anew; they use up nothing. */
  readonly before: number;
  /** Time of the first attempt after those. */
  readonly firstAt: number;
  /** The last attempt has no outcome: it is under way, or the coordinator was interrupted. */
  readonly open: boolean;
  /** Of the last attempt. */
  readonly epoch: number;
  /** Some attempt may have taken effect unseen. */
  readonly unknown: boolean;
  readonly done: boolean;
  readonly parked: boolean;
  /** Equal failures in a row, the last one included. */
  readonly repeated: number;
  readonly stuck: boolean;
  readonly last:
    | { readonly kind: FailureKind; readonly failure: Failure; readonly retryAt: number }
    | undefined;
}

export type Steps = Readonly<Record<string, Partial<Record<Phase, Tries>>>>;

export const UNTRIED: Tries = {
  attempts: 0,
  before: 0,
  firstAt: 0,
  open: false,
  epoch: 0,
  unknown: false,
  done: false,
  parked: false,
  repeated: 0,
  stuck: false,
  last: undefined,
};

export function changeTries(
  steps: Steps,
  step: string,
  phase: Phase,
  change: (tries: Tries) => Tries,
): Steps {
  const before = steps[step];
  return { ...steps, [step]: { ...before, [phase]: change(before?.[phase] ?? UNTRIED) } };
}
