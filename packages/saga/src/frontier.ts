import { type Progress, triesOf } from "./fold.ts";
import { itemScope, keyIn, ROOT, type Scope, subScope } from "./key.ts";
import type { Plan, PlanNode, PlanParallel } from "./plan.ts";

/** A node whose turn it is. */
export interface Ready {
  readonly key: string;
  readonly node: Exclude<PlanNode, PlanParallel>;
}

/** The nodes whose turn it is, in the order in which they are written; none when the plan is done. */
export function frontier(plan: Plan, progress: Progress): Ready[] {
  const ready: Ready[] = [];
  walk(plan.steps, ROOT, progress, ready);
  return ready;
}

/** True when all of these are done. */
function walk(nodes: readonly PlanNode[], scope: Scope, progress: Progress, ready: Ready[]): boolean {
  for (const node of nodes) if (!isThrough(node, scope, progress, ready)) return false;
  return true;
}

/** True when this node is done; otherwise what is its turn in it is added to `ready`. */
export function isThrough(node: PlanNode, scope: Scope, progress: Progress, ready: Ready[]): boolean {
  const key = keyIn(scope, node.name);
  if (node.kind === "parallel") {
    let done = true;
    for (const branch of Object.values(node.branches)) done = walk(branch, scope, progress, ready) && done;
    return done;
  }
  if (triesOf(progress, key, "do").done) return true;
  if ((node.kind === "delay" || node.kind === "wait") && progress.timers[key]?.over) {
    // One that has waited in vain stays where it is until the saga goes back.
    if (node.kind === "delay" || node.onTimeout === "continue") return true;
  }
  if (node.kind === "choice" && key in progress.resolved) {
    return walk(node.branches[progress.resolved[key] as string] ?? [], scope, progress, ready);
  }
  if (node.kind === "saga" && key in progress.resolved) {
    return walk(node.plan.steps, subScope(key), progress, ready);
  }
  if (node.kind === "map" && key in progress.resolved) {
    const items = progress.resolved[key] as readonly unknown[];
    let open = 0;
    for (let index = 0; index < items.length && open < node.concurrency; index++) {
      if (!walk(node.steps, itemScope(scope, index), progress, ready)) open += 1;
    }
    return open === 0;
  }
  ready.push({ key, node });
  return false;
}
