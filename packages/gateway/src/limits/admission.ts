import { Bulkhead, isProtected, meshError, type Priority, SHED_RETRY_AFTER } from "@weft/mesh";
import type { MiddlewareHandler } from "hono";
import type { GatewayEnv } from "../variables.ts";

/**
 * Takes in only as many requests at a time as one isolate can work on, those of important routes last to be refused
 * with OVERLOADED, and says the request's priority to the mesh. A stream counts until it begins.
 */
export function admission(bulkhead = new Bulkhead()): (priority: Priority) => MiddlewareHandler<GatewayEnv> {
  return (priority) => async (c, next) => {
    // Of an ordinary request, the operations that it leads to say for themselves what they are worth.
    if (priority !== "normal") c.set("priority", priority);
    if (!isProtected(c.env)) return next();
    if (!bulkhead.acquire(priority)) {
      throw meshError("OVERLOADED", "Try again in a moment.", { retryAfter: SHED_RETRY_AFTER });
    }
    try {
      await next();
    } finally {
      bulkhead.release();
    }
  };
}
