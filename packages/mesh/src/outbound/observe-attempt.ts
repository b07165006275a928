import { childOf } from "../context/trace.ts";
import type { Runtime } from "../runtime.ts";
import type { OutboundLayer } from "./call.ts";
import type { Callees } from "./callees.ts";
import type { Sink } from "./observation.ts";
import { observation } from "./observe.ts";

/** One try: a span of its own, one record, and the latencies that hedging goes by. */
export const observeAttempt =
  (callees: Callees, { now }: Runtime, sink: Sink): OutboundLayer =>
  (next) =>
    async function observeTry(call) {
      const begun = now();
      const trace = childOf(call.context.trace);
      call.context.trace = trace;
      try {
        const answer = await next(call);
        const duration = now() - begun;
        if (call.operation.safe) callees.of(call.operation).latency.observe(duration);
        sink(observation("attempt", call, trace, duration, answer, undefined, false));
        return answer;
      } catch (error) {
        sink(observation("attempt", call, trace, now() - begun, undefined, error, false));
        throw error;
      }
    };
