import type { Branches, Plan, PlanNode } from "./plan.ts";

/** What must stay as it is within a version: the nodes and the operations, not how long or how often. */
export function withoutLimits(plan: Plan): object {
  return { ...plan, steps: plan.steps.map(shapeOf) };
}

function shapeOf(node: PlanNode): object {
  const { name, kind } = node;
  switch (node.kind) {
    case "delay":
      return { name, kind };
    case "wait":
      return { name, kind, onTimeout: node.onTimeout };
    case "choice":
    case "parallel":
      return { name, kind, branches: branchShapes(node.branches) };
    case "map":
      return { name, kind, steps: node.steps.map(shapeOf) };
    case "saga":
      return { name, kind, plan: withoutLimits(node.plan) };
    default:
      return {
        name,
        kind,
        do: node.do.operation,
        ...(node.undo && { undo: node.undo.operation }),
      };
  }
}

function branchShapes(branches: Branches): object {
  return Object.fromEntries(Object.entries(branches).map(([name, nodes]) => [name, nodes.map(shapeOf)]));
}
