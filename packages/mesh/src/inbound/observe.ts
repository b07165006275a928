import { toMeshError } from "../error.ts";
import { describe, log } from "../log.ts";
import type { Runtime } from "../runtime.ts";
import type { InboundLayer } from "../scope.ts";

/** One structured log line per call: who called what, how it ended, how long it took. */
export const observe =
  ({ now }: Runtime): InboundLayer =>
  (next) =>
    async function observeCall(call) {
      const { scope, operation } = call;
      const started = now();
      const fields = {
        service: scope.service,
        operation: operation?.id,
        caller: scope.caller,
        traceId: scope.context.trace.traceId,
        spanId: scope.context.trace.spanId,
        parentId: scope.context.trace.parentId,
        attempt: scope.context.saga?.attempt,
      };
      try {
        const reply = await next(call);
        log("info", "call", { ...fields, status: reply.status, ms: now() - started });
        return reply;
      } catch (thrown) {
        const error = toMeshError(thrown);
        const level = error.status >= 500 ? "error" : "info";
        const cause = error.cause === undefined ? undefined : describe(error.cause);
        log(level, "call", { ...fields, status: error.status, code: error.code, cause, ms: now() - started });
        throw thrown;
      }
    };
