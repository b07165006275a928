import type { FieldError } from "@weft/mesh";
import type { Sender } from "./hear.ts";
import type { Order } from "./order.ts";
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

/** States of a saga; all but the first two are final. */
export type SagaState = "RUNNING" | "COMPENSATING" | EndState;
export const endStates = ["COMPLETED", "COMPENSATED", "PARTIALLY_COMPENSATED", "KILLED"] as const;
export type EndState = (typeof endStates)[number];

/** One try of one step in one direction. */
interface OfAttempt {
  /** The step's key: its name, in maps and sub-sagas with its place in them. */
  readonly step: string;
  readonly phase: Phase;
  readonly attempt: number;
}

/** One thing that happened to a saga. The log of these is the truth; everything else is computed from it. */
export type SagaEvent =
  | { readonly type: "started" }
  /**
   * Written before an attempt is sent: without an outcome behind it, the attempt may have taken effect. `epoch` is
   * higher in every process that the saga lives in.
   */
  | ({ readonly type: "intent"; readonly epoch: number } & OfAttempt)
  | ({ readonly type: "done"; readonly result: unknown } & OfAttempt)
  | ({
      readonly type: "failed";
      readonly kind: FailureKind;
      readonly failure: Failure;
      /** Earliest time of another attempt, ms since the epoch; drawn once, so that reading the log needs no chance. */
      readonly retryAt: number;
    } & OfAttempt)
  /** An outcome that came when its attempt was no longer waited for. It changes nothing. */
  | ({
      readonly type: "discarded";
      readonly epoch: number;
      readonly outcome: "done" | FailureKind;
    } & OfAttempt)
  /** A step that cannot be given up is tried rarely from now on; an undo is left undone. Someone should look. */
  | { readonly type: "parked"; readonly step: string; readonly phase: Phase; readonly failure: Failure }
  /** The same failure again and again: the step is tried rarely from now on, until it fails in another way. Someone should look. */
  | { readonly type: "stuck"; readonly step: string; readonly phase: Phase; readonly failure: Failure }
  /** The log is as long as it may become: nothing new begins, this step first of all, until an operator gives an order. */
  | { readonly type: "halted"; readonly step: string; readonly failure: Failure }
  /** What the definition's code said: the branch of a choice, the items of a map, the input of a sub-saga. */
  | { readonly type: "resolved"; readonly step: string; readonly value: unknown }
  /** A pause or a wait has begun; `until`: ms since the epoch. */
  | { readonly type: "waiting"; readonly step: string; readonly until: number }
  | { readonly type: "elapsed"; readonly step: string }
  /** A signal came, perhaps before anybody waits for it. `step`: the key of the wait that it is for. With who sent it and why, if that was an operator. */
  | ({
      readonly type: "signalled";
      readonly id: string;
      readonly step: string;
      readonly payload: unknown;
    } & Partial<Sender>)
  | { readonly type: "consumed"; readonly id: string; readonly step: string }
  /** An operator's order, with who gave it and why. */
  | {
      readonly type: "ordered";
      readonly requestId: string;
      readonly actor: string;
      readonly reason: string;
      readonly order: Order;
    }
  /** The saga goes back because of this step. */
  | { readonly type: "compensating"; readonly step: string; readonly failure: Failure }
  /** `dropped`: ids of signals that nobody waited for. */
  | { readonly type: "ended"; readonly state: EndState; readonly dropped?: readonly string[] };

/** `at`: ms since the epoch. */
export type Logged = SagaEvent & { readonly at: number };
