import { canonicalJson } from "@weft/mesh";
import type { Progress } from "./fold.ts";
import { nodeAt, pathOf } from "./key.ts";
import { partsOf } from "./nodes.ts";
import { withoutLimits } from "./plan-hash.ts";
import type { Plan, PlanNode } from "./plan.ts";

/** Why a saga cannot go on after another plan: all that it has begun must be in there, the same and in front of the rest. */
export function unfit(from: Plan, to: Plan, progress: Progress): string | undefined {
  if (from.name !== to.name) return `It is a "${from.name}" and not a "${to.name}".`;
  const begun = [progress.steps, progress.resolved, progress.timers].flatMap((part) => Object.keys(part));
  const other = begun.find((key) => shape(nodeAt(from, key)) !== shape(nodeAt(to, key)));
  if (other) return `"${other}" has begun, and it is not the same in version ${to.version}.`;
  const late = overtaken(to.steps, "", new Set(begun.map(pathOf)));
  return late && `"${late}" would come too late: in version ${to.version} it is before what has begun.`;
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

/** A node that has not begun and stands before one that has. */
function overtaken(
  nodes: readonly PlanNode[],
  prefix: string,
  begun: ReadonlySet<string>,
): string | undefined {
  const last = nodes.findLastIndex((node) => hasBegun(node, prefix, begun));
  const skipped = nodes.slice(0, last).find((node) => !hasBegun(node, prefix, begun));
  if (skipped) return prefix + skipped.name;
  return sequencesOf(nodes.slice(0, last + 1), prefix)
    .map((inner) => overtaken(inner.nodes, inner.prefix, begun))
    .find((name) => name !== undefined);
}

function hasBegun(node: PlanNode, prefix: string, begun: ReadonlySet<string>): boolean {
  if (begun.has(prefix + node.name)) return true;
  return sequencesOf([node], prefix).some((inner) =>
    inner.nodes.some((each) => hasBegun(each, inner.prefix, begun)),
  );
}

function sequencesOf(nodes: readonly PlanNode[], prefix: string) {
  return nodes.flatMap((node) =>
    node.kind === "saga"
      ? [{ nodes: node.plan.steps, prefix: `${prefix}${node.name}.` }]
      : partsOf(node).map((part) => ({ nodes: part, prefix })),
  );
}
