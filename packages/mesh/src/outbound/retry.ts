import { isMeshError } from "../error.ts";
import type { Runtime } from "../runtime.ts";
import type { Outbound, OutboundLayer } from "./call.ts";

const MAX_ATTEMPTS = 3;
/** Base and cap of the full-jitter backoff, ms (AWS architecture blog, "Exponential Backoff And Jitter"). */
const BASE_BACKOFF = 50;
const MAX_BACKOFF = 20_000;

function mayRetry(call: Outbound, error: unknown): boolean {
  if (!isMeshError(error) || !error.retryable || error.code === "DEADLINE_EXCEEDED") return false;
  // An answer that the contract foresees: whether to ask again is up to whoever asked.
  if (error.code in call.operation.errors) return false;
  if (call.context.retrying || call.attempt >= MAX_ATTEMPTS) return false;
  return call.operation.safe || (call.operation.idempotent && !call.operation.fenced);
}

/**
 * Repeats safe and idempotent calls. Saga steps are left to their coordinator, and a call inside another layer's
 * retry is not repeated again: one layer of the chain retries.
 */
export const retry =
  ({ now, random, sleep }: Runtime): OutboundLayer =>
  (next) =>
    async function retryCall(call) {
      try {
        return await next(call);
      } catch (error) {
        if (!mayRetry(call, error)) throw error;
        const backoff = random() * Math.min(MAX_BACKOFF, BASE_BACKOFF * 2 ** call.attempt);
        const wait = Math.max(backoff, (isMeshError(error) ? (error.retryAfter ?? 0) : 0) * 1000);
        if (now() + wait >= (call.context.deadline ?? Number.POSITIVE_INFINITY)) throw error;
        await sleep(wait, call.context.signal);
        return retryCall({ ...call, attempt: call.attempt + 1 });
      }
    };
