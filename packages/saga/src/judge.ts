import { canonicalJson, MeshError } from "@weft/mesh";
import { type Progress, triesOf } from "./fold.ts";
import { frontier } from "./frontier.ts";
import { isFinal } from "./interpreter.ts";
import { nodeAt } from "./key.ts";
import { isCall } from "./nodes.ts";
import type { Order } from "./order.ts";
import { pivotState } from "./pivot.ts";
import type { Plan } from "./plan.ts";
import { unfit } from "./unfit.ts";

/** Why an order is refused: codes of their own, since the mesh's would say that a caller in between is at fault. */
export const refusals = {
  SAGA_UNKNOWN: "There is no such saga, or it ended long ago",
  STEP_UNKNOWN: "The saga has no such step",
  REQUEST_ID_REUSED: "This request id stands for something else",
  PAST_PIVOT: "The saga has passed its point of no return",
  PIVOT_PENDING: "Only the pivot's own outcome can tell whether the saga may go back",
  BEFORE_PIVOT: "The saga has not passed its point of no return",
  SAGA_ENDED: "The saga has ended",
  STEP_NOT_OPEN: "The step is not one that this can be done to now",
  TOO_MANY_SIGNALS: "The saga has too many signals that nobody waits for",
  ATTEMPT_UNDER_WAY: "An attempt is under way; try again when it has ended",
  NOT_MIGRATABLE: "The saga cannot go on after that definition",
} as const;
export type Refusal = keyof typeof refusals;

/** What to do about a refusal of which nothing more particular is said. */
const advice: Record<Refusal, string> = {
  SAGA_UNKNOWN: "The list of sagas has the ids of those that there are.",
  STEP_UNKNOWN: "Its timeline names its steps.",
  REQUEST_ID_REUSED: "Give each new order an id of its own.",
  PAST_PIVOT: "It can only go on: retry or skip what waits, or complete it without.",
  PIVOT_PENDING: "Cancel it, and the pivot decides; or retry the pivot.",
  BEFORE_PIVOT: "It can still go back: cancel or fail it.",
  SAGA_ENDED: "No order can change it any more.",
  STEP_NOT_OPEN: "Its timeline says which steps are under way, waiting, or being undone.",
  TOO_MANY_SIGNALS: "See which one it waits for.",
  ATTEMPT_UNDER_WAY: "An attempt ends with its timeout at the latest.",
  NOT_MIGRATABLE: "Only a saga that goes forward takes another definition.",
};

/** HTTP status of a refusal. */
export function statusOf(code: Refusal): number {
  if (code === "REQUEST_ID_REUSED") return 422;
  return code === "SAGA_UNKNOWN" || code === "STEP_UNKNOWN" ? 404 : 409;
}

/** `again`: this request was carried out before. `void`: it is as it was ordered already, so nothing is written. */
export type Judgement = "new" | "again" | "void";

/** Whether an order may be carried out as things stand. Throws MeshError with a code of `refusals`. */
export function judge(
  plan: Plan,
  progress: Progress,
  requestId: string,
  order: Order,
  underWay: ReadonlySet<string>,
): Judgement {
  const before = progress.orders[requestId];
  if (before) {
    if (canonicalJson(before) === canonicalJson(order)) return "again";
    throw refuse("REQUEST_ID_REUSED");
  }
  if ("step" in order && order.step !== undefined && !nodeAt(plan, order.step)) throw refuse("STEP_UNKNOWN");
  return rules[order.verb]({ plan, progress, underWay }, order as never);
}

interface Case {
  readonly plan: Plan;
  readonly progress: Progress;
  readonly underWay: ReadonlySet<string>;
}
type Rules = { [V in Order["verb"]]: (saga: Case, order: Extract<Order, { verb: V }>) => Judgement };

const rules: Rules = {
  retry({ progress }, { step }) {
    if (progress.state !== "PARTIALLY_COMPENSATED" && isFinal(progress.state)) throw refuse("SAGA_ENDED");
    const phase = progress.state === "RUNNING" ? "do" : "undo";
    const steps = step === undefined ? Object.keys(progress.steps) : [step];
    const waits = steps.some((key) => {
      const { done, open, last } = triesOf(progress, key, phase);
      return !done && !open && last !== undefined;
    });
    if (!waits && progress.halted === undefined)
      throw refuse("STEP_NOT_OPEN", "It is not waiting for another attempt.");
    return "new";
  },
  skip({ plan, progress }, { step }) {
    if (progress.state !== "RUNNING") throw refuse(isFinal(progress.state) ? "SAGA_ENDED" : "STEP_NOT_OPEN");
    const node = nodeAt(plan, step);
    if (!node || !isCall(node))
      throw refuse(
        "STEP_NOT_OPEN",
        "Only a step that calls somebody can be skipped; a wait is brought its signal.",
      );
    if (!frontier(plan, progress).some(({ key }) => key === step))
      throw refuse("STEP_NOT_OPEN", "It is not this step's turn.");
    return "new";
  },
  fail: ({ plan, progress }) => backwards(plan, progress, true),
  cancel: ({ plan, progress }) => backwards(plan, progress, false),
  complete({ plan, progress }) {
    if (progress.state === "COMPLETED") return "void";
    if (progress.state !== "RUNNING") throw refuse("SAGA_ENDED");
    if (pivotState(plan, progress) !== "passed") throw refuse("BEFORE_PIVOT");
    return "new";
  },
  compensated({ plan, progress, underWay }, { step }) {
    if (triesOf(progress, step, "undo").done) return "void";
    if (progress.state !== "COMPENSATING" && progress.state !== "PARTIALLY_COMPENSATED")
      throw refuse(isFinal(progress.state) ? "SAGA_ENDED" : "STEP_NOT_OPEN");
    if (nodeAt(plan, step)?.kind !== "compensatable" || !progress.begun.includes(step))
      throw refuse("STEP_NOT_OPEN", "It has nothing to undo.");
    if (underWay.has(step)) throw refuse("ATTEMPT_UNDER_WAY");
    return "new";
  },
  kill({ progress }) {
    if (progress.state === "KILLED") return "void";
    if (isFinal(progress.state)) throw refuse("SAGA_ENDED");
    return "new";
  },
  migrate({ plan, progress, underWay }, order) {
    if (progress.state !== "RUNNING") throw refuse(isFinal(progress.state) ? "SAGA_ENDED" : "NOT_MIGRATABLE");
    if (underWay.size > 0) throw refuse("ATTEMPT_UNDER_WAY");
    const problem = unfit(plan, order.plan, progress);
    if (problem) throw refuse("NOT_MIGRATABLE", problem);
    return "new";
  },
};

function backwards(plan: Plan, progress: Progress, forced: boolean): Judgement {
  const { state } = progress;
  if (state === "COMPLETED") throw refuse("PAST_PIVOT");
  if (state === "KILLED") throw refuse("SAGA_ENDED");
  if (state !== "RUNNING") return "void";
  const pivot = pivotState(plan, progress);
  if (pivot === "passed") throw refuse("PAST_PIVOT");
  if (pivot === "pending" && forced) throw refuse("PIVOT_PENDING");
  return "new";
}

export function refuse(code: Refusal, detail = advice[code]): MeshError {
  return new MeshError(code, { status: statusOf(code), title: refusals[code], detail });
}
