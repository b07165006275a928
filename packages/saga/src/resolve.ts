import { describe, log } from "@weft/mesh";
import type { SagaEvent } from "./event.ts";
import type { PlanNode } from "./plan.ts";
import type { View } from "./view.ts";

/** Asks the definition's code for the branch of a choice, the items of a map or the input of a sub-saga. Never throws. */
export function resolve(
  node: PlanNode,
  key: string,
  code: (view: View) => unknown,
  view: View,
  retryAt: number,
): SagaEvent {
  try {
    return { type: "resolved", step: key, value: checked(node, code(view)) };
  } catch (error) {
    log("error", "saga could not decide", { saga: view.sagaId, step: key, cause: describe(error) });
    const detail = `What "${key}" needs could not be worked out.`;
    const failure = { code: "INTERNAL", status: 500, detail };
    return { type: "failed", step: key, phase: "do", attempt: 0, kind: "refused", failure, retryAt };
  }
}

function checked(node: PlanNode, value: unknown): unknown {
  if (node.kind === "choice" && !Object.hasOwn(node.branches, String(value)))
    throw new TypeError(`there is no branch "${String(value)}"`);
  if (node.kind === "map" && !(Array.isArray(value) && value.length <= node.max))
    throw new TypeError(`a list of at most ${node.max} items was expected`);
  return value;
}
