import { type Progress, triesOf } from "./fold.ts";
import { keyIn, subScope } from "./key.ts";
import { nodesOf } from "./nodes.ts";
import { mayBeDone } from "./pace.ts";
import type { Plan } from "./plan.ts";

const known = new WeakMap<Plan, readonly string[]>();

/** A pivot is in no map, so its key is known before anything has run. */
function pivotsOf(plan: Plan): readonly string[] {
  const before = known.get(plan);
  if (before) return before;
  const keys = pivotsIn(plan, "");
  known.set(plan, keys);
  return keys;
}

function pivotsIn(plan: Plan, prefix: string): string[] {
  return [...nodesOf(plan).values()].flatMap(({ node }) => {
    const key = keyIn({ prefix, suffix: "" }, node.name);
    if (node.kind === "saga") return pivotsIn(node.plan, subScope(key).prefix);
    return node.kind === "pivot" ? [key] : [];
  });
}

/** Where a saga stands: `pending`, the pivot may or may not have taken effect, and only its own outcome can tell. */
export function pivotState(plan: Plan, progress: Progress): "ahead" | "pending" | "passed" {
  const tries = pivotsOf(plan).map((key) => triesOf(progress, key, "do"));
  if (tries.some(({ done }) => done)) return "passed";
  return tries.some(mayBeDone) ? "pending" : "ahead";
}
