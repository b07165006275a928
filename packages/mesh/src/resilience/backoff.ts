/** First wait after an ordinary failure, ms (AWS SDK 2026 retry mode). */
export const BASE = 50;
/** First wait after 429 or 503, ms: the callee asked for less (AWS SDK 2026 retry mode, "throttling"). */
export const OVERLOADED_BASE = 1_000;
/** Longest wait of our own choosing, ms (AWS SDK). A callee's Retry-After may be longer. */
export const CAP = 20_000;

/**
 * Milliseconds to wait before a retry, or `undefined` if the callee forbade it.
 *
 * Full jitter: uniform in [0, min(cap, base * 2^(retry - 1))) (AWS Architecture Blog, "Exponential Backoff And
 * Jitter"). `retryAfter` (ms, from Retry-After or grpc-retry-pushback-ms) is a minimum: the jitter comes on top, or
 * everybody who was turned away in the same second would come back in the same millisecond. A negative pushback
 * means never (gRPC A6).
 *
 * @param retry 1 for the first retry, which is the second try.
 * @param draw a number in [0, 1).
 */
export function backoff(
  retry: number,
  overloaded: boolean,
  draw: number,
  retryAfter = 0,
): number | undefined {
  if (retryAfter < 0) return undefined;
  const base = overloaded ? OVERLOADED_BASE : BASE;
  return retryAfter + draw * Math.min(CAP, base * 2 ** (retry - 1));
}
