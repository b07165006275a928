import type { Plan, PlanCall, PlanNode, PlanStep } from "./plan.ts";

/** A node and the maps around it, outermost first. */
export interface Found {
  readonly node: PlanNode;
  readonly maps: readonly string[];
}

/** Plans never change, so what is looked up in them is looked up once. */
const known = new WeakMap<Plan, ReadonlyMap<string, Found>>();

/** The nodes of a plan by name, without those inside sub-sagas. */
export function nodesOf(plan: Plan): ReadonlyMap<string, Found> {
  const before = known.get(plan);
  if (before) return before;
  const found = new Map<string, Found>();
  const visit = (nodes: readonly PlanNode[], maps: readonly string[]): void => {
    for (const node of nodes) {
      found.set(node.name, { node, maps });
      for (const part of partsOf(node)) visit(part, node.kind === "map" ? [...maps, node.name] : maps);
    }
  };
  visit(plan.steps, []);
  known.set(plan, found);
  return found;
}

/** The sequences inside a node that share its names. */
export function partsOf(node: PlanNode): readonly (readonly PlanNode[])[] {
  if (node.kind === "choice" || node.kind === "parallel") return Object.values(node.branches);
  return node.kind === "map" ? [node.steps] : [];
}

/** Every node, those of sub-sagas included. */
export function* everyNode(nodes: readonly PlanNode[]): Generator<PlanNode> {
  for (const node of nodes) {
    yield node;
    for (const part of partsOf(node)) yield* everyNode(part);
    if (node.kind === "saga") yield* everyNode(node.plan.steps);
  }
}

export function isCall(node: PlanNode): node is PlanStep {
  return "do" in node;
}

/** The steps that call somebody, in the order in which they are written, those of sub-sagas included. */
export function callsOf(plan: Plan): PlanStep[] {
  return [...everyNode(plan.steps)].filter(isCall);
}

export function hasPivot(nodes: readonly PlanNode[]): boolean {
  return [...everyNode(nodes)].some((node) => node.kind === "pivot");
}

/** Longest time that one attempt of any step may take, ms. */
export function longestAttempt(plan: Plan): number {
  const calls: PlanCall[] = callsOf(plan).flatMap((step) => [step.do, ...(step.undo ? [step.undo] : [])]);
  return Math.max(0, ...calls.map(({ retry }) => retry.timeout));
}
