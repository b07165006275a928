import { meshError } from "../error.ts";
import type { FaultBoard } from "../faults/board.ts";
import { type FaultRule, pick } from "../faults/rule.ts";
import { log } from "../log.ts";
import type { Runtime } from "../runtime.ts";
import type { Host, Outbound, OutboundLayer } from "./call.ts";
import { signalOf } from "./ending.ts";

/** Faults can be set only where the Worker's var WEFT_FAULTS is "on". */
export function canRehearse(env: unknown): boolean {
  return (env as { WEFT_FAULTS?: string } | undefined)?.WEFT_FAULTS === "on";
}

function note({ operation, context }: Outbound, host: Host, { fault }: FaultRule): void {
  const { traceId } = context.trace;
  log("warn", "injected", { service: host.service, operation: operation.id, traceId, ...fault });
}

/**
 * Makes calls fail as operators have set it, in front of the transport: to every layer above, the failure is a real
 * one. Without rules it costs a comparison. Throws what the rule says, or DEADLINE_EXCEEDED when a delay is too long.
 */
export const inject =
  (board: FaultBoard, { now, random, sleep }: Runtime): OutboundLayer =>
  (next) => {
    async function fail(call: Outbound, { fault }: FaultRule) {
      if (fault.kind === "abort") throw meshError(fault.code, "An operator has set this fault.");
      const { deadline = Number.POSITIVE_INFINITY } = call.context;
      const signal = signalOf(call);
      await sleep(Math.min(fault.ms, Math.max(0, deadline - now())), signal);
      if (now() >= deadline) throw meshError("DEADLINE_EXCEEDED", "An operator has set this delay.");
      return next(call);
    }

    return function injectFault(call) {
      const { host } = call;
      if (!host || !canRehearse(host.env)) return next(call);
      const time = now();
      const rules = board.rules(host, time);
      if (rules.length === 0) return next(call);
      const rule = pick(rules, host.service, call.operation, time, random);
      if (!rule) return next(call);
      note(call, host, rule);
      return fail(call, rule);
    };
  };
