import type { Failure } from "./event.ts";
import type { Progress } from "./fold.ts";
import { addressOf, itemScope, keyIn, ROOT, type Scope, subScope } from "./key.ts";
import { nodesOf, partsOf } from "./nodes.ts";
import type { Plan, PlanNode } from "./plan.ts";

/** What a definition's code sees of the saga at one place in it. */
export interface View {
  readonly sagaId: string;
  readonly input: unknown;
  readonly results: Readonly<Record<string, unknown>>;
  /** Inside a map. */
  readonly item?: unknown;
  readonly index?: number;
  readonly failure: Failure;
}

const UNKNOWN: Failure = { code: "INTERNAL", status: 500 };

/** The saga as the code of the node with this key sees it: a sub-saga's code sees the sub-saga alone. */
export function viewAt(
  { id, input }: { id: string; input: unknown },
  plan: Plan,
  progress: Progress,
  key: string,
): View {
  const { subs, name, indices } = addressOf(key);
  const sub = subs.at(-1);
  const inner = sub === undefined ? plan : subPlan(plan, sub);
  let scope = sub === undefined ? ROOT : subScope(sub);
  const results = resultsIn(inner.steps, scope, progress);
  const own = { input: sub === undefined ? input : progress.resolved[sub] };
  const maps = nodesOf(inner).get(name)?.maps ?? [];
  let place: Pick<View, "item" | "index"> = {};
  for (const [depth, map] of maps.entries()) {
    const index = indices[depth] ?? 0;
    const items = progress.resolved[keyIn(scope, map)] as readonly unknown[];
    scope = itemScope(scope, index);
    place = { item: items[index], index };
    const node = nodesOf(inner).get(map)?.node;
    for (const part of node ? partsOf(node) : []) Object.assign(results, resultsIn(part, scope, progress));
  }
  return { sagaId: id, ...own, results, ...place, failure: progress.failure ?? UNKNOWN };
}

/** Results by the names that the definition gives them: those of a map as a list, those of a sub-saga as an object. */
export function resultsIn(
  nodes: readonly PlanNode[],
  scope: Scope,
  progress: Progress,
): Record<string, unknown> {
  const results: Record<string, unknown> = {};
  for (const node of nodes) {
    const key = keyIn(scope, node.name);
    if (node.kind === "choice" || node.kind === "parallel") {
      for (const part of partsOf(node)) Object.assign(results, resultsIn(part, scope, progress));
    } else if (node.kind === "map") {
      const items = progress.resolved[key] as readonly unknown[] | undefined;
      if (items)
        results[node.name] = items.map((_, index) =>
          resultsIn(node.steps, itemScope(scope, index), progress),
        );
    } else if (node.kind === "saga") {
      if (key in progress.resolved) results[node.name] = resultsIn(node.plan.steps, subScope(key), progress);
    } else if (key in progress.results) results[node.name] = progress.results[key];
  }
  return results;
}

function subPlan(plan: Plan, key: string): Plan {
  let inner = plan;
  const { subs, name } = addressOf(key);
  for (const step of [...subs.map((sub) => addressOf(sub).name), name]) {
    const node = nodesOf(inner).get(step)?.node;
    if (node?.kind !== "saga") throw new TypeError(`The plan has no sub-saga "${key}".`);
    inner = node.plan;
  }
  return inner;
}
