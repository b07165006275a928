import { canonicalJson } from "@weft/mesh";
import type { Progress } from "./fold.ts";
import { isThrough, type Ready } from "./frontier.ts";
import { itemScope, keyIn, nodeAt, ROOT, type Scope, subScope } from "./key.ts";
import { partsOf } from "./nodes.ts";
import { withoutLimits } from "./plan-hash.ts";
import type { Plan, PlanNode } from "./plan.ts";

/** Why a saga cannot go on after another plan: all that it has begun must be in there, the same and in front of the rest. */
export function unfit(from: Plan, to: Plan, progress: Progress): string | undefined {
  if (from.name !== to.name) return `It is a "${from.name}" and not a "${to.name}".`;
  const begun = [progress.steps, progress.resolved, progress.timers].flatMap((part) => Object.keys(part));
  const other = begun.find((key) => shape(nodeAt(from, key)) !== shape(nodeAt(to, key)));
  if (other) return `"${other}" has begun, and it is not the same in version ${to.version}.`;
  const lost = begun.find((key) => hasLostItsBranch(nodeAt(to, key), progress.resolved[key]));
  if (lost) return `"${lost}" has chosen a branch that version ${to.version} does not have.`;
  const late = overtaken(to.steps, ROOT, progress, begun);
  return late && `"${late}" would come too late: in version ${to.version} it is before what has begun.`;
}

function hasLostItsBranch(node: PlanNode | undefined, chosen: unknown): boolean {
  return node?.kind === "choice" && chosen !== undefined && !Object.hasOwn(node.branches, chosen as string);
}

/** Without what is inside a node: that is compared as far as it has begun. */
function shape(node: PlanNode | undefined): string | undefined {
  if (!node) return undefined;
  const bare: PlanNode =
    node.kind === "map"
      ? { ...node, steps: [] }
      : node.kind === "saga"
        ? { ...node, plan: { ...node.plan, version: 0, steps: [] } }
        : node.kind === "choice" || node.kind === "parallel"
          ? { ...node, branches: {} }
          : node;
  return canonicalJson(withoutLimits({ name: "", version: 0, steps: [bare] }));
}

/** A node whose turn it would be although something behind it has begun. */
function overtaken(
  nodes: readonly PlanNode[],
  scope: Scope,
  progress: Progress,
  begun: readonly string[],
): string | undefined {
  const ready: Ready[] = [];
  const open = nodes.findIndex((node) => !isThrough(node, scope, progress, ready));
  const node = nodes[open];
  if (!node) return undefined;
  if (nodes.slice(open + 1).some((later) => hasBegun(later, scope, begun))) return ready[0]?.key;
  return sequencesOf(node, scope, progress)
    .map((inner) => overtaken(inner.nodes, inner.scope, progress, begun))
    .find((key) => key !== undefined);
}

function hasBegun(node: PlanNode, scope: Scope, begun: readonly string[]): boolean {
  const key = keyIn(scope, node.name);
  const isHere = begun.some((one) => one === key || one.startsWith(`${key}[`));
  return isHere || partsOf(node).some((part) => part.some((inner) => hasBegun(inner, scope, begun)));
}

/** The sequences inside a node as they are gone through, each where it stands. */
function sequencesOf(
  node: PlanNode,
  scope: Scope,
  { resolved }: Progress,
): { nodes: readonly PlanNode[]; scope: Scope }[] {
  const key = keyIn(scope, node.name);
  if (node.kind === "parallel") return partsOf(node).map((nodes) => ({ nodes, scope }));
  if (!(key in resolved)) return [];
  if (node.kind === "choice") return [{ nodes: node.branches[resolved[key] as string] ?? [], scope }];
  if (node.kind === "saga") return [{ nodes: node.plan.steps, scope: subScope(key) }];
  if (node.kind !== "map") return [];
  return (resolved[key] as readonly unknown[]).map((_, index) => ({
    nodes: node.steps,
    scope: itemScope(scope, index),
  }));
}
