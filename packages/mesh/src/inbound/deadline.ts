import { meshError } from "../error.ts";
import type { Runtime } from "../runtime.ts";
import type { InboundLayer } from "../scope.ts";

/** Refuses work whose caller has stopped waiting. */
export const refuseExpired =
  ({ now }: Runtime): InboundLayer =>
  (next) =>
    function checkDeadline(call) {
      const { deadline } = call.scope.context;
      if (deadline !== undefined && deadline <= now()) {
        throw meshError("DEADLINE_EXCEEDED", "The caller's time was up before the work began.");
      }
      return next(call);
    };
