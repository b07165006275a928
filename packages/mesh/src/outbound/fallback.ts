import { isMeshError, toMeshError } from "../error.ts";
import { describe, log } from "../log.ts";
import type { Outbound, OutboundLayer } from "./call.ts";

/**
 * Whether an error is answered with the call's fallback. An answer that the contract foresees (4xx) is not a failure, and
 * a chain of calls that is too long is so every time: its bug would never be seen.
 */
export function degrades(call: Outbound, error: unknown): boolean {
  if (!call.fallback) return false;
  if (!isMeshError(error)) return true;
  return error.status >= 500 ? error.code !== "HOP_LIMIT_EXCEEDED" : error.code === "RATE_LIMITED";
}

/** The answer hides the error from the caller; nobody else must miss it. */
function note({ operation, context, host }: Outbound, thrown: unknown): void {
  const { code, cause } = toMeshError(thrown);
  log(code === "INTERNAL" ? "error" : "warn", "degraded", {
    service: host?.service,
    operation: operation.id,
    traceId: context.trace.traceId,
    code,
    cause: cause === undefined ? undefined : describe(cause),
  });
}

/** Answers with the declared fallback when the callee fails, and says in the log why. */
export const fallback: OutboundLayer = (next) => {
  async function fallBack(call: Outbound) {
    try {
      return await next(call);
    } catch (error) {
      if (!call.fallback || !degrades(call, error)) throw error;
      note(call, error);
      return { status: 200, headers: new Headers(), body: call.fallback(error), degraded: true };
    }
  }
  return (call) => (call.fallback ? fallBack(call) : next(call));
};
