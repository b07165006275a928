import { childOf } from "../context/trace.ts";
import type { OutboundLayer } from "./call.ts";
import { degrades } from "./fallback.ts";
import type { Sink } from "./observation.ts";
import { observation } from "./observe.ts";
import type { SteadyRuntime } from "./steady.ts";

/** What the caller experienced: one record per call, however many tries it took. */
export const observeRoute =
  ({ now, tick }: SteadyRuntime, sink: Sink): OutboundLayer =>
  (next) =>
    async function observeCall(call) {
      tick();
      const begun = now();
      const trace = childOf(call.context.trace);
      call.context.trace = trace;
      try {
        const answer = await next(call);
        sink(observation("route", call, trace, now() - begun, answer, undefined, false));
        return answer;
      } catch (error) {
        const degraded = degrades(call, error);
        sink(observation("route", call, trace, now() - begun, undefined, error, degraded));
        throw error;
      }
    };
