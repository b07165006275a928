import type { Operation } from "@weft/mesh";
import { everyNode, hasPivot, partsOf } from "./nodes.ts";
import type { Branches, PlanNode, StepKind } from "./plan.ts";

/** A step as its author wrote it, before the rules were checked. */
export interface StepDraft {
  readonly name: string;
  readonly kind: StepKind;
  readonly operation: Operation;
  readonly undo: Operation | undefined;
}

/** What a builder inside a branch knows of the rest. */
export interface Surroundings {
  /** The nodes that come before the branch. */
  readonly nodes: readonly PlanNode[];
  /** Names in branches beside it. */
  readonly taken: readonly string[];
  /** What forbids a pivot here. */
  readonly place?: string | undefined;
}

/** Most calls that one saga may have, its maps at their largest. */
const MOST_CALLS = 500;
const YEAR = 365 * 86_400_000;

/**
 * The rules of a saga with a point of no return (Richardson, "Microservices Patterns", 4.3): before the pivot all
 * can be undone, after it nothing needs to be. Throws TypeError.
 */
export function checkStep(
  saga: string,
  before: readonly PlanNode[],
  draft: StepDraft,
  around: Surroundings,
): void {
  complain(saga, draft.name, nameViolation(before, around, [draft.name]) ?? violation(before, draft, around));
}

/** The rules of every node; those of calls apart. Throws TypeError. */
export function checkNode(
  saga: string,
  before: readonly PlanNode[],
  around: Surroundings,
  node: PlanNode,
): void {
  const problem =
    nameViolation(before, around, namesIn([node])) ??
    limitViolation(node) ??
    pathViolation(before, around, node);
  complain(saga, node.name, problem);
}

/** Whether the pivot has passed must not depend on the branch. Throws TypeError. */
export function checkMixed(saga: string, name: string, branches: Branches): void {
  const parts = Object.entries(branches);
  const [without] = parts.find(([, nodes]) => !hasPivot(nodes)) ?? [];
  if (without === undefined || parts.every(([, nodes]) => !hasPivot(nodes))) return;
  complain(
    saga,
    name,
    `some of its branches hold a pivot and "${without}" does not, so nobody knows what may follow; give each a pivot or put one behind the choice.`,
  );
}

/** Throws TypeError if the saga has become too large. */
export function checkSize(saga: string, nodes: readonly PlanNode[], name: string): void {
  if (sizeOf(nodes) > MOST_CALLS)
    complain(
      saga,
      name,
      `with it the saga may make more than ${MOST_CALLS} calls; lower a map's \`max\`, or start a saga for each item.`,
    );
}

/** Names that must be unique: those of a sub-saga's steps are its own. */
export function namesIn(nodes: readonly PlanNode[]): string[] {
  return nodes.flatMap((node) => [node.name, ...partsOf(node).flatMap(namesIn)]);
}

function sizeOf(nodes: readonly PlanNode[]): number {
  return nodes.reduce((sum, node) => {
    if (node.kind === "saga") return sum + sizeOf(node.plan.steps);
    const inner = partsOf(node).reduce((all, part) => all + sizeOf(part), 0);
    return sum + ("do" in node ? 1 : node.kind === "map" ? node.max * inner : inner);
  }, 0);
}

function complain(saga: string, name: string, problem: string | undefined): void {
  if (problem) throw new TypeError(`Saga "${saga}", step "${name}": ${problem}`);
}

function nameViolation(
  before: readonly PlanNode[],
  { taken }: Surroundings,
  names: readonly string[],
): string | undefined {
  const seen = new Set([...namesIn(before), ...taken]);
  for (const name of names) {
    if (!/^[A-Za-z][\w-]{0,63}$/.test(name))
      return `"${name}" is no name of a step; use a letter, then at most 63 letters, digits, - and _.`;
    if (seen.has(name)) return "there is already a step of this name; give each its own.";
    seen.add(name);
  }
  return undefined;
}

function limitViolation(node: PlanNode): string | undefined {
  if (node.kind === "delay" && !isTime(node.ms)) return "a delay needs a length in ms, at most a year.";
  if (node.kind === "wait" && !isTime(node.timeout))
    return "a wait must end by itself; give it a `timeout` in ms, at most a year.";
  if (node.kind === "wait" && !["compensate", "continue"].includes(node.onTimeout))
    return 'a wait must say what happens when nothing comes; set `onTimeout` to "compensate" or "continue".';
  if (node.kind === "map" && !isBetween(1, node.max, MOST_CALLS))
    return `a map must be bounded; set \`max\` between 1 and ${MOST_CALLS}.`;
  if (node.kind === "map" && !isBetween(1, node.concurrency, node.max))
    return "set `concurrency` between 1 and `max`.";
  const branches = node.kind === "parallel" || node.kind === "choice" ? Object.keys(node.branches) : ["one"];
  return branches.length === 0 ? "it has no branches; give it at least one." : undefined;
}

function isTime(ms: number): boolean {
  return isBetween(1, ms, YEAR);
}

function isBetween(least: number, value: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function pathViolation(
  before: readonly PlanNode[],
  { place }: Surroundings,
  node: PlanNode,
): string | undefined {
  const passed = hasPivot(before);
  if (node.kind === "wait" && node.onTimeout === "compensate" && passed)
    return 'nothing is undone after the pivot; set `onTimeout` to "continue".';
  if (node.kind !== "saga") return undefined;
  if (passed)
    return "a sub-saga begins with what can be undone, so it cannot come after the pivot; move it before the pivot.";
  if (place && hasPivot(node.plan.steps))
    return `its pivot cannot be in ${place}, where others are still to be decided; move it out or take a sub-saga without pivot.`;
  return undefined;
}

function violation(
  before: readonly PlanNode[],
  { kind, operation, undo }: StepDraft,
  { place }: Surroundings,
): string | undefined {
  const pivot = [...everyNode(before)].find((step) => step.kind === "pivot")?.name;
  if (kind === "pivot" && place)
    return `a pivot cannot be in ${place}, where others are still to be decided; move it behind them.`;
  if (kind === "compensatable" && pivot) {
    return `a compensatable step cannot come after the pivot "${pivot}", since nothing is undone from there on; move it before the pivot or make it retriable.`;
  }
  if (kind === "pivot" && pivot)
    return `"${pivot}" is already the pivot, and there is only one point of no return; make one of the two compensatable or retriable.`;
  if (kind === "retriable" && !pivot)
    return "a retriable step has no undo, so it cannot come before the pivot; move it behind the pivot or make it compensatable.";
  if (operation.fenced !== "do")
    return `${operation.id} may take effect twice when it is retried; declare it \`fenced: "do"\` in its contract.`;
  if (kind !== "compensatable") return undefined;
  if (!undo)
    return `a compensatable step needs an \`undo\`; name the operation that takes ${operation.id} back.`;
  if (undo.fenced !== "undo")
    return `its undo ${undo.id} may take effect twice or too early; declare it \`fenced: "undo"\` in its contract.`;
  if (undo.service !== operation.service) {
    return `its undo ${undo.id} belongs to another service than ${operation.id}; both must pass the same fence, so take an undo of ${operation.service}.`;
  }
  return undefined;
}
