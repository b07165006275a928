import { type MeshError, meshError } from "../error.ts";
import type { Runtime } from "../runtime.ts";
import type { Outbound, OutboundLayer } from "./call.ts";

/** Nothing is left of the call's time: no try may begin any more. */
export function isLate({ context }: Outbound, now: number): boolean {
  return context.deadline !== undefined && now >= context.deadline;
}

export function lateError({ operation }: Outbound): MeshError {
  return meshError("DEADLINE_EXCEEDED", `No time was left to call ${operation.id}.`);
}

/** Ends the call at the operation's timeout, the caller's own limit or the caller's deadline, whichever comes first. */
export const deadline =
  ({ now }: Runtime): OutboundLayer =>
  (next) =>
    function limitTime(call) {
      const timeout = Math.min(call.timeout ?? Number.POSITIVE_INFINITY, call.operation.timeout);
      const begun = now();
      call.context.deadline = Math.min(begun + timeout, call.context.deadline ?? Number.POSITIVE_INFINITY);
      if (isLate(call, begun)) throw lateError(call);
      return next(call);
    };
