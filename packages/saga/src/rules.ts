import type { Operation } from "@weft/mesh";
import type { PlanStep, StepKind } from "./plan.ts";

/** A step as its author wrote it, before the rules were checked. */
export interface StepDraft {
  readonly name: string;
  readonly kind: StepKind;
  readonly operation: Operation;
  readonly undo: Operation | undefined;
}

/**
 * The rules of a saga with a point of no return (Richardson, "Microservices Patterns", 4.3): before the pivot all
 * can be undone, after it nothing needs to be. Throws TypeError.
 */
export function checkStep(saga: string, before: readonly PlanStep[], draft: StepDraft): void {
  const problem = violation(before, draft);
  if (problem) throw new TypeError(`Saga "${saga}", step "${draft.name}": ${problem}`);
}

function violation(
  before: readonly PlanStep[],
  { name, kind, operation, undo }: StepDraft,
): string | undefined {
  const pivot = before.find((step) => step.kind === "pivot")?.name;
  if (before.some((step) => step.name === name))
    return "there is already a step of this name; give each its own.";
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
