/** A saga as data: what is stored with each instance and interpreted. Holds no code, so it survives every deployment. */
export interface Plan {
  readonly name: string;
  readonly version: number;
  /** Run in this order. */
  readonly steps: readonly PlanNode[];
}

/** Names are unique within a plan; a sub-saga's plan has names of its own. */
export type PlanNode = PlanStep | PlanTimer | PlanChoice | PlanParallel | PlanMap | PlanSub;

/**
 * - `compensatable`: can be undone; its undo is part of the definition
 * - `pivot`: the point of no return, at most one
 * - `retriable`: after the pivot; tried until it succeeds
 */
export type StepKind = "compensatable" | "pivot" | "retriable";

export interface PlanStep {
  readonly name: string;
  readonly kind: StepKind;
  readonly do: PlanCall;
  /** Present exactly in compensatable steps. */
  readonly undo?: PlanCall;
}

/** A pause, or a wait for a signal of the node's name that ends by itself. */
export type PlanTimer =
  | { readonly name: string; readonly kind: "delay"; readonly ms: number }
  | {
      readonly name: string;
      readonly kind: "wait";
      /** ms */
      readonly timeout: number;
      readonly onTimeout: "compensate" | "continue";
    };

/** One branch is run: a declared predicate says which, once. */
export interface PlanChoice {
  readonly name: string;
  readonly kind: "choice";
  readonly branches: Branches;
}

/** All branches are run at the same time. */
export interface PlanParallel {
  readonly name: string;
  readonly kind: "parallel";
  readonly branches: Branches;
}

/** The steps are run once for each item of a list of at most `max`, for at most `concurrency` items at the same time. */
export interface PlanMap {
  readonly name: string;
  readonly kind: "map";
  readonly max: number;
  readonly concurrency: number;
  readonly steps: readonly PlanNode[];
}

/** Another saga as a part of this one: it is undone with it, and its pivot is this one's. */
export interface PlanSub {
  readonly name: string;
  readonly kind: "saga";
  readonly plan: Plan;
}

export type Branches = Readonly<Record<string, readonly PlanNode[]>>;

export interface PlanCall {
  /** Operation id, `<service>.<name>`. */
  readonly operation: string;
  readonly retry: Retry;
}

/** How often and how long a call is repeated. Times are ms; null means without limit. */
export interface Retry {
  /** Longest time for one attempt. */
  readonly timeout: number;
  /** After so many attempts a compensatable step is given up; what may not be given up is parked: tried rarely. */
  readonly attempts: number | null;
  /** Time from the first attempt after which no other one begins. */
  readonly budget: number | null;
  /** Full-jitter backoff: a wait is uniform in [0, min(cap, base × 2^(attempt − 1))). */
  readonly base: number;
  readonly cap: number;
  /**
   * After so many equal failures in a row the step is stuck: it keeps what is left of its attempts and its budget, but
   * is tried rarely, and somebody should look. Null or missing: never.
   */
  readonly repeats?: number | null;
}

export type Phase = "do" | "undo";

const second = 1_000;
const day = 86_400 * second;

type Limits = Omit<Retry, "timeout">;

/** Somebody waits for the outcome, and giving up is safe: give up soon. */
const compensatable: Limits = { attempts: 4, budget: 8 * second, base: 250, cap: 5 * second };
/** Giving up is not possible; the cap keeps the load on a struggling participant low. */
const onwards: Limits = { attempts: 20, budget: null, base: 250, cap: 30 * second, repeats: 20 };
/** Giving up leaves an effect behind for people to repair: try for a day. */
const undo: Limits = { attempts: null, budget: day, base: 500, cap: 60 * second, repeats: 20 };

export const defaults = { compensatable, pivot: onwards, retriable: onwards, undo } as const;

/** Between attempts of a parked or stuck step: an operator or a deployment must help, but the next attempt may find that done. */
export const PARKED_INTERVAL = 300 * second;

/**
 * Wait before the next attempt, ms. Full jitter spreads the retries of many sagas best
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * @param attempt the attempt that failed, from 1; an operator's order to begin anew begins with 1 again
 * @param random uniform in [0, 1)
 * @param stuck whether the step is
 */
export function backoff(retry: Retry, attempt: number, random: number, stuck = false): number {
  if (stuck || (retry.attempts !== null && attempt >= retry.attempts))
    return PARKED_INTERVAL * (0.5 + random / 2);
  return random * Math.min(retry.cap, retry.base * 2 ** (attempt - 1));
}
