import { type MeshError, meshError } from "../error.ts";
import { isProtected } from "../protection.ts";
import { SHED_RETRY_AFTER } from "../resilience/bulkhead.ts";
import type { Runtime } from "../runtime.ts";
import type { Outbound, OutboundLayer } from "./call.ts";
import type { Callees } from "./callees.ts";
import { outcomeOf } from "./outcome.ts";
import { priorityOf } from "./priority.ts";

function overloaded(call: Outbound, why: string): MeshError {
  return meshError("OVERLOADED", `${call.operation.service} ${why}.`, { retryAfter: SHED_RETRY_AFTER });
}

/**
 * Bounds the calls in flight to one callee, the least important first, and sends less to a callee that says it is
 * overloaded. What is shed never left.
 */
export const bulkhead = (callees: Callees, { now, random }: Runtime): OutboundLayer => {
  const { bulkhead: limits, throttle: shedding } = callees.policies;
  if (!limits && !shedding) return (next) => next;
  return (next) =>
    async function limit(call) {
      const { callee } = callees.of(call.operation);
      const throttle = shedding && !call.off?.includes("throttle") ? callee.throttle : undefined;
      // Calls that hang may fill it until long after the callee has recovered; a circuit has one probe out at a time.
      const limited = limits && !call.probe && !call.off?.includes("bulkhead") && isProtected(call.host?.env);
      const bulk = limited ? callee.bulkhead : undefined;
      if (throttle && !call.probe && !throttle.admit(now(), random, priorityOf(call)))
        throw overloaded(call, "takes less than it is asked for");
      if (bulk && !bulk.acquire(priorityOf(call)))
        throw overloaded(call, "has as many calls in flight as it may");
      try {
        const answer = await next(call);
        throttle?.record("ok", now());
        return answer;
      } catch (error) {
        throttle?.record(outcomeOf(error, call), now());
        throw error;
      } finally {
        bulk?.release();
      }
    };
};
