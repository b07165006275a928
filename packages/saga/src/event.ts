import type { FieldError } from "@weft/mesh";
import type { Phase } from "./plan.ts";

/** Why a call, and with it perhaps the saga, failed: the callee's error, as far as callers may see it. */
export interface Failure {
  readonly code: string;
  readonly status: number;
  readonly detail?: string;
  /** Pointers into the input of the step that failed. */
  readonly errors?: readonly FieldError[];
}

/**
 * What the failure of one attempt says:
 * - `business`: the participant's own, final answer about the step
 * - `refused`: this attempt was turned away before the step was looked at, and so would be the next: somebody's bug
 * - `transient`: not begun; may work later
 * - `unknown`: may have taken effect
 */
export type FailureKind = "business" | "refused" | "transient" | "unknown";

/** States of a saga; the last three are final. */
export type SagaState = "RUNNING" | "COMPENSATING" | EndState;
export type EndState = "COMPLETED" | "COMPENSATED" | "PARTIALLY_COMPENSATED";

/** One thing that happened to a saga. The log of these is the truth; everything else is computed from it. */
export type SagaEvent =
  | { readonly type: "started" }
  /** Written before an attempt is sent: without an outcome behind it, the attempt may have taken effect. */
  | { readonly type: "intent"; readonly step: string; readonly phase: Phase; readonly attempt: number }
  | { readonly type: "done"; readonly step: string; readonly phase: Phase; readonly result: unknown }
  | {
      readonly type: "failed";
      readonly step: string;
      readonly phase: Phase;
      readonly kind: FailureKind;
      readonly failure: Failure;
      /** Earliest time of another attempt, ms since the epoch; drawn once, so that reading the log needs no chance. */
      readonly retryAt: number;
    }
  /** A step that cannot be given up is tried rarely from now on; an undo is left undone. Someone should look. */
  | { readonly type: "parked"; readonly step: string; readonly phase: Phase; readonly failure: Failure }
  /** The saga goes back because of this step. */
  | { readonly type: "compensating"; readonly step: string; readonly failure: Failure }
  | { readonly type: "ended"; readonly state: EndState };

/** `at`: ms since the epoch. */
export type Logged = SagaEvent & { readonly at: number };
