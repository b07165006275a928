import { childOf } from "../context/trace.ts";
import { isMeshError, meshError } from "../error.ts";
import type { OutboundLayer } from "./call.ts";

/** Hops that one request may go through (Envoy's and Istio's loops show why a limit must exist). */
const MAX_HOPS = 16;

/** One try: its own span, one hop more, and every way of failing turned into a MeshError. */
export const attempt: OutboundLayer = (next) =>
  async function tryOnce(call) {
    const hops = call.context.hops + 1;
    if (hops > MAX_HOPS)
      throw meshError(
        "HOP_LIMIT_EXCEEDED",
        `${call.operation.id} would be hop ${hops} of at most ${MAX_HOPS}.`,
      );
    const context = {
      ...call.context,
      hops,
      trace: childOf(call.context.trace),
      retrying: call.context.retrying || call.attempt > 1,
    };
    try {
      return await next({ ...call, context });
    } catch (error) {
      if (isMeshError(error)) throw error;
      const name = error instanceof Error ? error.name : "";
      if (name === "TimeoutError") throw meshError("DEADLINE_EXCEEDED", undefined, { cause: error });
      throw meshError("UNAVAILABLE", undefined, { cause: error });
    }
  };
