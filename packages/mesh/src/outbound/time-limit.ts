import type { TimerRuntime } from "../runtime.ts";
import type { OutboundLayer } from "./call.ts";
import { Ending } from "./ending.ts";

/**
 * Ends a try at its deadline, by one timer that is gone when the answer is there: of a stream, its beginning, so that
 * it outlives the deadline.
 */
export const timeLimit =
  ({ now, after }: TimerRuntime): OutboundLayer =>
  (next) =>
    async function endInTime(call) {
      const { deadline } = call.context;
      if (deadline === undefined) return next(call);
      const ending = (call.ending ??= new Ending());
      const cancel = after(Math.max(0, deadline - now()), () => ending.expire());
      try {
        return await next(call);
      } finally {
        cancel();
      }
    };
