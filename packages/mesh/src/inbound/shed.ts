import { meshError } from "../error.ts";
import { isProtected } from "../protection.ts";
import { type Bulkhead, SHED_RETRY_AFTER } from "../resilience/bulkhead.ts";
import type { InboundLayer } from "../scope.ts";

/**
 * Takes in only as many calls at a time as the isolate can work on, the important ones last to be refused. Throws
 * OVERLOADED. A stream counts until it begins: a reader that hangs on for hours takes no room from others.
 */
export const shed =
  (bulkhead: Bulkhead): InboundLayer =>
  (next) =>
    async function takeIn(call) {
      const { env, context, service } = call.scope;
      if (!isProtected(env)) return next(call);
      const priority = context.priority ?? call.operation?.priority ?? "normal";
      if (!bulkhead.acquire(priority)) {
        throw meshError("OVERLOADED", `${service} has no room for ${priority} calls.`, {
          retryAfter: SHED_RETRY_AFTER,
        });
      }
      try {
        return await next(call);
      } finally {
        bulkhead.release();
      }
    };
