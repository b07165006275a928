import { isMeshError, meshError } from "../error.ts";
import type { OutboundLayer } from "./call.ts";
import type { SteadyRuntime } from "./steady.ts";

/** Hops that one request may go through (Envoy's and Istio's loops show why a limit must exist). */
const MAX_HOPS = 16;

function named(error: unknown, operation: string): unknown {
  if (isMeshError(error)) return error;
  return error instanceof Error && error.name === "TimeoutError"
    ? meshError("DEADLINE_EXCEEDED", `${operation} did not answer in time.`, { cause: error })
    : meshError("UNAVAILABLE", `${operation} could not be reached.`, { cause: error });
}

/** One try: one hop more, its own time limit, and every way of failing turned into a MeshError. */
export const attempt =
  ({ now, tick }: SteadyRuntime): OutboundLayer =>
  (next) =>
    async function tryOnce(call) {
      const { operation, context } = call;
      context.hops++;
      if (context.hops > MAX_HOPS)
        throw meshError(
          "HOP_LIMIT_EXCEEDED",
          `${operation.id} would be hop ${context.hops} of at most ${MAX_HOPS}.`,
        );
      if (operation.tryTimeout !== undefined)
        context.deadline = Math.min(
          now() + operation.tryTimeout,
          context.deadline ?? Number.POSITIVE_INFINITY,
        );
      if (call.attempt > 1) context.retrying = true;
      // What is worth little or much here is so on every hop after this one.
      if (operation.priority !== "normal") context.priority ??= operation.priority;
      try {
        return await next(call);
      } catch (error) {
        throw named(error, operation.id);
      } finally {
        tick();
      }
    };
