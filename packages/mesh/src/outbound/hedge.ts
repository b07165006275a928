import type { TimerRuntime } from "../runtime.ts";
import type { Answer, Outbound, OutboundLayer } from "./call.ts";
import type { Callees } from "./callees.ts";
import { isLate } from "./deadline.ts";
import { Race } from "./race.ts";

/**
 * Sends a safe call a second time when the first takes longer than most (Dean & Barroso, "The Tail at Scale"), takes
 * the answer that comes first and cancels the other. A hedge is paid from the retry budget.
 */
export const hedge = (callees: Callees, { now, after }: TimerRuntime): OutboundLayer => {
  const { hedge: policy } = callees.policies;
  if (!policy) return (next) => next;
  const { minDelay } = policy;

  function delayOf({ operation, context, off }: Outbound): number | undefined {
    if (!operation.safe || operation.stream || context.retrying || off?.includes("hedge")) return undefined;
    const { latency, callee } = callees.of(operation);
    return callee.budget.allows && latency.value !== undefined
      ? Math.max(minDelay, latency.value)
      : undefined;
  }

  function affordable(call: Outbound): boolean {
    // Timers of a busy isolate ring late.
    if (isLate(call, now())) return false;
    const { callee, circuit } = callees.of(call.operation);
    if (callees.policies.circuit && !circuit.breaker.retriesAllowed(now())) return false;
    return callee.budget.hedge();
  }

  return (next) => {
    async function hedgeCall(call: Outbound, delay: number): Promise<Answer> {
      const race = new Race(next);
      race.enter(call);
      const cancel = after(delay, () => {
        if (affordable(call)) race.enter(call);
      });
      try {
        return await race.finish;
      } finally {
        cancel();
      }
    }

    return (call) => {
      const delay = delayOf(call);
      return delay === undefined ? next(call) : hedgeCall(call, delay);
    };
  };
};
