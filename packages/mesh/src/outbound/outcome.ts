import { isMeshError } from "../error.ts";
import type { Outcome } from "../resilience/outcome.ts";
import type { Outbound } from "./call.ts";

/** What the end of a try says about the callee's health. */
export function outcomeOf(error: unknown, call: Outbound): Outcome {
  // Whoever has stopped listening learns nothing.
  if (call.context.signal?.aborted || call.ending?.lost) return "ignored";
  if (!isMeshError(error)) return "failure";
  const { received, code } = error;
  if (received === undefined)
    return code === "UNAVAILABLE" || code === "DEADLINE_EXCEEDED" ? "overload" : "ignored";
  if (received === 429) return "throttled";
  // The callee is well, and protects itself from one that is not: its callers need not stay away from all of it.
  if (code === "CIRCUIT_OPEN") return "ok";
  // Its callers are at fault.
  if (code === "HOP_LIMIT_EXCEEDED") return "ok";
  if (received === 503) return "unavailable";
  return received >= 500 ? "failure" : "ok";
}
