import { isMeshError, type Operation } from "@weft/mesh";
import type { Failure, FailureKind } from "./event.ts";

/** How an attempt ended. */
export type Outcome =
  | { readonly type: "done"; readonly result: unknown }
  | {
      readonly type: "failed";
      readonly kind: FailureKind;
      readonly failure: Failure;
      /** ms that the callee asks to be left alone, or 0 */
      readonly retryAfter: number;
    };

/** What an error says about the step. Whatever does not say that nothing happened is `unknown`. */
export function failed(operation: Operation, error: unknown): Outcome {
  if (!isMeshError(error))
    return { type: "failed", kind: "unknown", failure: { code: "INTERNAL", status: 500 }, retryAfter: 0 };
  const { code, status, detail, errors } = error;
  return {
    type: "failed",
    kind: kindOf(operation, error),
    failure: { code, status, ...(detail !== undefined && { detail }), ...(errors && { errors }) },
    retryAfter: (error.retryAfter ?? 0) * 1_000,
  };
}

function kindOf(
  operation: Operation,
  { code, status, retryable }: { code: string; status: number; retryable: boolean },
): FailureKind {
  if (status >= 500) return "unknown";
  // Only these come from behind the fence: it would have replayed the answer of an attempt that took effect, and has
  // it on record that neither this attempt nor an older one will.
  if (code in operation.errors || code === "FENCED") return "business";
  return retryable ? "transient" : "refused";
}

/** The step's input could not even be made: an error in the definition's code. */
export function unsendable(): Outcome {
  const failure = { code: "INTERNAL", status: 500, detail: "The step's input could not be made." };
  return { type: "failed", kind: "refused", failure, retryAfter: 0 };
}
