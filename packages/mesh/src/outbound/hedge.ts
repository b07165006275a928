import type { Runtime } from "../runtime.ts";
import type { Answer, Outbound, OutboundLayer, OutboundNext } from "./call.ts";
import type { Callees } from "./callees.ts";
import { outcomeOf } from "./outcome.ts";

/** An end that decides the race: an answer, or a refusal that the other try would get as well. */
type Finish = { readonly answer: Answer } | { readonly error: unknown };

interface Runner {
  readonly finish: Promise<Finish>;
  stop(): void;
}

function start(call: Outbound, next: OutboundNext): Runner {
  const controller = new AbortController();
  const { signal } = call.context;
  const context = {
    ...call.context,
    signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
  };
  const finish = next({ ...call, context }).then(
    (answer) => ({ answer }),
    (error: unknown) => {
      if (outcomeOf(error, call) === "ok") return { error };
      throw error;
    },
  );
  return { finish, stop: () => controller.abort() };
}

/**
 * Sends a safe call a second time when the first takes longer than most (Dean & Barroso, "The Tail at Scale"), takes
 * the answer that comes first and cancels the other. A hedge is paid from the retry budget.
 */
export const hedge = (callees: Callees, { now, sleep }: Runtime): OutboundLayer => {
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
    const { callee, circuit } = callees.of(call.operation);
    if (callees.policies.circuit && !circuit.breaker.retriesAllowed(now())) return false;
    return callee.budget.hedge();
  }

  return (next) => {
    async function race(call: Outbound, delay: number): Promise<Finish> {
      const first = start(call, next);
      const timer = new AbortController();
      const late = await Promise.race([
        first.finish.then(
          () => false,
          () => false,
        ),
        sleep(delay, timer.signal).then(
          () => true,
          () => false,
        ),
      ]);
      timer.abort();
      if (!late || !affordable(call)) return first.finish;
      const second = start({ ...call, attempt: call.attempt + 1 }, next);
      try {
        return await Promise.any([first.finish, second.finish]);
      } catch (error) {
        throw (error as AggregateError).errors[0];
      } finally {
        first.stop();
        second.stop();
      }
    }

    async function hedgeCall(call: Outbound, delay: number): Promise<Answer> {
      const finish = await race(call, delay);
      if ("error" in finish) throw finish.error;
      return finish.answer;
    }

    return (call) => {
      const delay = delayOf(call);
      return delay === undefined ? next(call) : hedgeCall(call, delay);
    };
  };
};
