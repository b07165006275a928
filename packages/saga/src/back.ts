import { type Progress, triesOf } from "./fold.ts";
import type { Decision } from "./interpreter.ts";
import { nodeAt } from "./key.ts";
import {
  attempt,
  type Due,
  dueAt,
  end,
  isSpent,
  mayBeDone,
  park,
  repeatsItself,
  retryOf,
  stick,
} from "./pace.ts";
import type { Plan } from "./plan.ts";

/** The way back: undos one after the other, last begun first. */
export function back(plan: Plan, progress: Progress, now: number, underWay: ReadonlySet<string>): Decision {
  // Also an attempt forward whose step was given up must have ended before anything is taken back.
  if (underWay.size > 0) return { type: "wait", until: Number.POSITIVE_INFINITY };
  const undos = toUndo(plan, progress);
  const open = undos.filter(({ tries }) => !tries.done && !tries.parked);
  if (open.length === 0) {
    const clean = undos.every(({ tries }) => tries.done);
    return end(clean ? "COMPENSATED" : "PARTIALLY_COMPENSATED", progress);
  }
  const spent = open.find(({ step, tries }) => isSpent(retryOf(step, "undo"), tries));
  if (spent) return park(spent.key, "undo", spent.tries);
  const same = open.find(({ step, tries }) => repeatsItself(retryOf(step, "undo"), tries));
  if (same) return stick(same.key, "undo", same.tries);
  // An undo that waits for its next attempt does not hold up those behind it.
  const soonest = open.reduce((a, b) => (dueAt(b.tries) < dueAt(a.tries) ? b : a));
  const due = dueAt(soonest.tries);
  return due > now ? { type: "wait", until: due } : attempt(soonest, now);
}

/** Steps whose effect is or may be there, last begun first. */
export function toUndo(plan: Plan, progress: Progress): Due[] {
  return progress.begun.toReversed().flatMap((key) => {
    const step = nodeAt(plan, key);
    if (step?.kind !== "compensatable" || !mayBeDone(triesOf(progress, key, "do"))) return [];
    return [{ key, step, phase: "undo", tries: triesOf(progress, key, "undo") } as const];
  });
}
