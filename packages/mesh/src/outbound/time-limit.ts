import type { TimerRuntime } from "../runtime.ts";
import type { OutboundLayer } from "./call.ts";
import { Ending } from "./ending.ts";

/**
 * Ends a try at its deadline, by one timer that is gone when the answer is there. A stream outlives its call's
 * deadline, which limits the time to the first byte of other answers.
 */
export const timeLimit =
  ({ now, after }: TimerRuntime): OutboundLayer =>
  (next) =>
    async function endInTime(call) {
      const { deadline } = call.context;
      if (deadline === undefined || call.operation.stream) return next(call);
      const ending = (call.ending ??= new Ending());
      const cancel = after(Math.max(0, deadline - now()), () => ending.expire());
      try {
        return await next(call);
      } finally {
        cancel();
      }
    };
