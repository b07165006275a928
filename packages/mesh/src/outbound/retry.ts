import { isMeshError, type MeshError } from "../error.ts";
import { backoff } from "../resilience/backoff.ts";
import { asksForLess } from "../resilience/outcome.ts";
import type { Runtime } from "../runtime.ts";
import { copyOf, type Outbound, type OutboundLayer } from "./call.ts";
import type { Callees } from "./callees.ts";
import { isLate } from "./deadline.ts";
import { outcomeOf } from "./outcome.ts";

/** Refused to protect somebody: asking again at once is what they must be protected from. */
const REFUSALS: readonly string[] = ["CIRCUIT_OPEN", "OVERLOADED"];

function mayRepeat({ operation, context }: Outbound): boolean {
  if (context.retrying) return false;
  const { safe, idempotent, fenced, keyed } = operation;
  return safe || (!fenced && (idempotent || (keyed !== undefined && context.idempotencyKey !== undefined)));
}

/**
 * Repeats safe, idempotent and keyed calls. Saga steps are left to their coordinator, and a call inside another
 * layer's retry is not repeated again: one layer of the chain retries.
 */
export const retry = (callees: Callees, { now, random, sleep }: Runtime): OutboundLayer => {
  const { retry: policy } = callees.policies;
  if (!policy) return (next) => next;
  const { attempts } = policy;

  /** ms until the next try; undefined = this was the last one. */
  function waitFor(call: Outbound, tries: number, error: unknown): number | undefined {
    const outcome = outcomeOf(error, call);
    if (outcome === "ok" || outcome === "ignored" || !isRetryable(error)) return undefined;
    const { callee, circuit } = callees.of(call.operation);
    const affordable = callee.budget.failure();
    if (!affordable || tries >= attempts || !mayRepeat(call)) return undefined;
    if (callees.policies.circuit && !circuit.breaker.retriesAllowed(now())) return undefined;
    const wait = backoff(tries, asksForLess(outcome), random(), error.retryAfter && error.retryAfter * 1_000);
    const inTime = wait !== undefined && now() + wait < (call.context.deadline ?? Number.POSITIVE_INFINITY);
    return inTime ? wait : undefined;
  }

  return (next) => {
    async function retryCall(call: Outbound) {
      for (let tries = 1; ; tries++) {
        const tried = copyOf(call);
        tried.attempt = tries;
        try {
          const answer = await next(tried);
          callees.of(call.operation).callee.budget.success();
          return answer;
        } catch (error) {
          const wait = waitFor(call, tries, error);
          if (wait === undefined) throw error;
          await sleep(wait, call.context.signal).catch(() => {
            // The caller is gone: what it would have heard is how the last try ended.
            throw error;
          });
          // Timers of a busy isolate ring late.
          if (isLate(call, now())) throw error;
        }
      }
    }
    return (call) => (call.off?.includes("retry") ? next(call) : retryCall(call));
  };
};

function isRetryable(error: unknown): error is MeshError {
  return isMeshError(error) && error.retryable && !REFUSALS.includes(error.code);
}
