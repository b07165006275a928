import type { Failure, Logged } from "./event.ts";
import type { Progress } from "./fold.ts";
import type { Phase } from "./plan.ts";
import { changeTries, type Tries } from "./tries.ts";

type Ordered = Extract<Logged, { type: "ordered" }>;

/** What an order makes of a saga; whether it is allowed was judged before it was written. */
export function applyOrder(before: Progress, { requestId, reason, order, at }: Ordered): Progress {
  // Somebody has looked: the log may become as long again.
  const looked = { events: 0, halted: undefined };
  const progress = { ...before, ...looked, orders: { ...before.orders, [requestId]: order } };
  switch (order.verb) {
    case "retry":
      return retry(progress, order.step, at);
    case "skip": {
      const steps = changeTries(progress.steps, order.step, "do", finished);
      return { ...progress, steps, results: { ...progress.results, [order.step]: order.output } };
    }
    case "compensated":
      return {
        ...progress,
        state: "COMPENSATING",
        steps: changeTries(progress.steps, order.step, "undo", finished),
      };
    case "fail":
      return { ...progress, wanted: { end: "back", failure: orderedFailure("FAILED_BY_OPERATOR", reason) } };
    case "cancel":
      // What goes back already needs no second reason.
      if (progress.state !== "RUNNING") return progress;
      return { ...progress, wanted: { end: "back", failure: orderedFailure("CANCELLED", reason) } };
    case "complete":
      return {
        ...progress,
        wanted: { end: "forth", failure: orderedFailure("COMPLETED_BY_OPERATOR", reason) },
      };
    case "kill":
      return { ...progress, wanted: { end: "killed", failure: orderedFailure("KILLED", reason) } };
    case "migrate":
      return { ...progress, moved: { plan: order.plan, hash: order.hash } };
  }
}

/** An attempt that is under way may still take effect: its outcome will be discarded. */
function finished(tries: Tries): Tries {
  return {
    ...tries,
    open: false,
    unknown: tries.unknown || tries.open,
    done: true,
    parked: false,
    stuck: false,
  };
}

function retry(progress: Progress, only: string | undefined, at: number): Progress {
  const phase: Phase = progress.state === "RUNNING" ? "do" : "undo";
  let { steps } = progress;
  for (const [step, phases] of Object.entries(steps)) {
    const tries = phases[phase];
    if (!tries || tries.done || tries.open || (only !== undefined && only !== step)) continue;
    steps = changeTries(steps, step, phase, (old) => ({
      ...old,
      before: old.attempts,
      parked: false,
      repeated: 0,
      stuck: false,
      last: old.last && { ...old.last, retryAt: at },
    }));
  }
  const state = progress.state === "PARTIALLY_COMPENSATED" ? "COMPENSATING" : progress.state;
  return { ...progress, state, steps };
}

function orderedFailure(code: string, detail: string): Failure {
  return { code, status: 409, detail };
}
