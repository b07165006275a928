import { isMeshError, meshError } from "../error.ts";
import type { Runtime } from "../runtime.ts";
import type { Outbound, OutboundLayer } from "./call.ts";

/** Hops that one request may go through (Envoy's and Istio's loops show why a limit must exist). */
const MAX_HOPS = 16;

function named(error: unknown): unknown {
  if (isMeshError(error)) return error;
  const name = error instanceof Error ? error.name : "";
  return meshError(name === "TimeoutError" ? "DEADLINE_EXCEEDED" : "UNAVAILABLE", undefined, {
    cause: error,
  });
}

/** One try: one hop more, its own time limit, and every way of failing turned into a MeshError. */
export const attempt =
  ({ now }: Runtime): OutboundLayer =>
  (next) => {
    const deadlineOf = ({ operation, context }: Outbound) =>
      operation.tryTimeout === undefined
        ? context.deadline
        : Math.min(now() + operation.tryTimeout, context.deadline ?? Number.POSITIVE_INFINITY);

    return async function tryOnce(call) {
      const { operation, context } = call;
      const hops = context.hops + 1;
      if (hops > MAX_HOPS)
        throw meshError("HOP_LIMIT_EXCEEDED", `${operation.id} would be hop ${hops} of at most ${MAX_HOPS}.`);
      try {
        return await next({
          ...call,
          context: {
            ...context,
            hops,
            deadline: deadlineOf(call),
            retrying: context.retrying || call.attempt > 1,
            // What is worth little or much here is so on every hop after this one.
            priority: context.priority ?? (operation.priority === "normal" ? undefined : operation.priority),
          },
        });
      } catch (error) {
        throw named(error);
      }
    };
  };
