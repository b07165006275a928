import { meshError } from "../error.ts";
import type { Runtime } from "../runtime.ts";
import type { OutboundLayer } from "./call.ts";

/** Ends the call at the operation's timeout, the caller's own limit or the caller's deadline, whichever comes first. */
export const deadline =
  ({ now }: Runtime): OutboundLayer =>
  (next) =>
    function limitTime(call) {
      const timeout = Math.min(call.timeout ?? Number.POSITIVE_INFINITY, call.operation.timeout);
      const begun = now();
      const end = Math.min(begun + timeout, call.context.deadline ?? Number.POSITIVE_INFINITY);
      if (end <= begun)
        throw meshError("DEADLINE_EXCEEDED", `No time was left to call ${call.operation.id}.`);
      call.context.deadline = end;
      return next(call);
    };
