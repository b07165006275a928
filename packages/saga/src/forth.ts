import type { Failure } from "./event.ts";
import { type Progress, triesOf } from "./fold.ts";
import { frontier, type Ready } from "./frontier.ts";
import type { Decision } from "./interpreter.ts";
import { isCall } from "./nodes.ts";
import {
  attempt,
  dueAt,
  end,
  INTERRUPTED,
  isSpent,
  mayBeDone,
  park,
  record,
  repeatsItself,
  stick,
} from "./pace.ts";
import { pivotState } from "./pivot.ts";
import type { Plan, PlanStep } from "./plan.ts";
import type { Tries } from "./tries.ts";

const WAITED_IN_VAIN: Failure = {
  code: "DEADLINE_EXCEEDED",
  status: 504,
  detail: "The signal did not come in time.",
};

/** The way forward: every node whose turn it is, until one of them says that the saga must go back. */
export function forth(plan: Plan, progress: Progress, now: number, underWay: ReadonlySet<string>): Decision {
  const ready = frontier(plan, progress);
  const done = ready.length === 0;
  if (done || progress.wanted?.end === "forth") {
    return end("COMPLETED", progress);
  }
  const turn = reasonToTurn(plan, progress, ready, underWay);
  if (turn) {
    // Nothing new is begun; what is under way becomes definite, or unknown, first.
    if (underWay.size > 0) return { type: "wait", until: Number.POSITIVE_INFINITY };
    return record({ type: "compensating", ...turn });
  }
  let until = Number.POSITIVE_INFINITY;
  for (const node of ready) {
    if (underWay.has(node.key)) continue;
    const decision = step(node, progress, now);
    if (decision.type !== "wait") return decision;
    until = Math.min(until, decision.until);
  }
  return { type: "wait", until };
}

function reasonToTurn(
  plan: Plan,
  progress: Progress,
  ready: readonly Ready[],
  underWay: ReadonlySet<string>,
): { step: string; failure: Failure } | undefined {
  for (const { key, node } of ready) {
    if (underWay.has(key)) continue;
    const failure = isCall(node)
      ? reasonToGoBack(node, triesOf(progress, key, "do"))
      : reasonOfNode(node, key, plan, progress);
    if (failure) return { step: key, failure };
  }
  const { wanted } = progress;
  // While the pivot may have taken effect, its own outcome decides.
  if (wanted?.end !== "back" || pivotState(plan, progress) !== "ahead") return undefined;
  return { step: ready[0]?.key ?? "", failure: wanted.failure };
}

/** A step that took no effect, for sure or reparably, and will not. */
function reasonToGoBack({ kind, do: { retry } }: PlanStep, tries: Tries): Failure | undefined {
  if (kind === "retriable") return undefined;
  if (tries.last?.kind === "business") return tries.last.failure;
  // The pivot has no undo: while it may have taken effect, only the same call again can tell.
  if (kind === "pivot" && mayBeDone(tries)) return undefined;
  if (tries.last?.kind === "refused") return tries.last.failure;
  return isSpent(retry, tries) ? (tries.last?.failure ?? INTERRUPTED) : undefined;
}

function reasonOfNode(node: Ready["node"], key: string, plan: Plan, progress: Progress): Failure | undefined {
  if (node.kind === "wait") return progress.timers[key]?.over ? WAITED_IN_VAIN : undefined;
  const { last } = triesOf(progress, key, "do");
  return last && pivotState(plan, progress) === "ahead" ? last.failure : undefined;
}

function step({ key, node }: Ready, progress: Progress, now: number): Decision {
  if (!isCall(node)) return structural({ key, node }, progress, now);
  const tries = triesOf(progress, key, "do");
  if (node.kind !== "compensatable" && isSpent(node.do.retry, tries) && !tries.parked) {
    return park(key, "do", tries);
  }
  if (repeatsItself(node.do.retry, tries)) return stick(key, "do", tries);
  const due = dueAt(tries);
  if (due > now) return { type: "wait", until: due };
  return attempt({ key, step: node, phase: "do", tries }, now);
}

function structural({ key, node }: Ready, progress: Progress, now: number): Decision {
  if (node.kind === "delay" || node.kind === "wait") {
    const signal = progress.signals.find((one) => one.step === key && !one.consumed);
    if (signal) return record({ type: "consumed", id: signal.id, step: key });
    const timer = progress.timers[key];
    const length = node.kind === "delay" ? node.ms : node.timeout;
    if (!timer) return record({ type: "waiting", step: key, until: now + length });
    return timer.until > now ? { type: "wait", until: timer.until } : record({ type: "elapsed", step: key });
  }
  const tries = triesOf(progress, key, "do");
  // Behind the pivot there is no way back: other code may know better.
  if (tries.last && !tries.parked) return park(key, "do", tries);
  const due = dueAt(tries);
  return due > now ? { type: "wait", until: due } : { type: "resolve", key };
}
