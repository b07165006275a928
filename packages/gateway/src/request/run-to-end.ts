import type { MiddlewareHandler } from "hono";

/**
 * Lets a request that has begun come to its end. A client that goes away would end the invocation where it stands, and
 * what it holds in this isolate, such as its room here and towards the services, would be gone for good. Calls that
 * nobody waits for any more are still ended early, by the request's signal.
 */
export const runToEnd: MiddlewareHandler = (c, next) => {
  const work = next();
  c.executionCtx.waitUntil(Promise.allSettled([work]));
  return work;
};
