import { meshError } from "../error.ts";
import type { OutboundLayer } from "./call.ts";

/**
 * Calls nested in one another, each waiting for the next: every level holds its caller's time, memory and slot. The
 * number of hops is limited as well, but counts those before a saga's start too, so its limit is higher.
 */
export const MAX_DEPTH = 4;

/** Refuses to nest calls deeper than `limit`. Throws HOP_LIMIT_EXCEEDED. */
export const depth =
  (limit = MAX_DEPTH): OutboundLayer =>
  (next) =>
    function countDepth(call) {
      const nested = call.context.depth + 1;
      if (nested > limit) {
        throw meshError(
          "HOP_LIMIT_EXCEEDED",
          `${call.operation.id} would be nested ${nested} deep; at most ${limit} calls may wait for one another.`,
        );
      }
      call.context.depth = nested;
      return next(call);
    };
