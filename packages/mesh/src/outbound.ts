import { attempt } from "./outbound/attempt.ts";
import { bulkhead } from "./outbound/bulkhead.ts";
import type { OutboundNext } from "./outbound/call.ts";
import { Callees } from "./outbound/callees.ts";
import { circuit } from "./outbound/circuit.ts";
import { deadline } from "./outbound/deadline.ts";
import { depth } from "./outbound/depth.ts";
import { FaultBoard } from "./faults/board.ts";
import { readRules } from "./faults/read-rules.ts";
import { fallback } from "./outbound/fallback.ts";
import { hedge } from "./outbound/hedge.ts";
import { inject } from "./outbound/inject.ts";
import type { Sink } from "./outbound/observation.ts";
import { observeAttempt } from "./outbound/observe-attempt.ts";
import { observeRoute } from "./outbound/observe-route.ts";
import type { Policies } from "./outbound/policies.ts";
import { retry } from "./outbound/retry.ts";
import { steady } from "./outbound/steady.ts";
import { timeLimit } from "./outbound/time-limit.ts";
import { transport } from "./outbound/transport.ts";
import { validate } from "./outbound/validate.ts";
import { Region } from "./regional/region.ts";
import { systemRuntime, type TimerRuntime } from "./runtime.ts";
import { stack } from "./stack.ts";

export interface OutboundOptions {
  runtime?: TimerRuntime;
  /** Other numbers than the defaults, or `false` to go without a protection; for all calls of this stack. */
  policies?: Partial<Policies>;
  /** What the isolate remembers of those it calls; give one to read it. */
  callees?: Callees;
  /** Takes one record for each call and each try, besides the counters that `callees` keeps. */
  sink?: Sink;
  /** The last step; by default over the call's own transport. */
  carry?: OutboundNext;
}

/** The whole call path, in reading order: the outermost layer first. */
export function outbound(options: OutboundOptions = {}): OutboundNext {
  const { runtime: clocked = systemRuntime, callees = new Callees(options.policies), sink } = options;
  // For everything that happens while a call is on its way; the region also works in the background.
  const runtime = steady(clocked);
  const observed: Sink = (observation) => {
    callees.count(observation);
    sink?.(observation);
  };
  return stack(
    [
      // A caller's bug is the caller's: it must not cost a hop, nor be hidden by a fallback.
      validate,
      // As much a caller's bug: a chain that is too long is so at every try, and no fallback should hide it.
      depth(),
      // Outside everything that can fail, so that a degraded answer covers each of the failures below.
      fallback,
      // What the caller experienced: outside the retries, so that a call which worked at the second try is a success.
      observeRoute(runtime, observed),
      // Around the retries: the time limit is for the whole call, however many tries it takes.
      deadline(runtime),
      // Inside the deadline, outside everything that a try has to ask for anew.
      retry(callees, runtime),
      // Inside the retries: each of them may be slow. Outside the circuit, which sees both tries of a race.
      hedge(callees, runtime),
      // Before anything is spent on a callee that is down; every try asks again.
      circuit(callees, new Region(clocked), runtime),
      // Inside the circuit: what is shed here says nothing about the callee's health.
      bulkhead(callees, runtime),
      // What the callee experienced: only tries that really leave.
      observeAttempt(callees, runtime, observed),
      // One try: hop count, time limit, and failures named. Every layer above sees MeshErrors only.
      attempt(runtime),
      // As far in as can be: a rehearsed failure looks like a real one to every layer above.
      inject(new FaultBoard(readRules), runtime),
      // Around the transport alone: a rehearsed delay keeps the time limit by itself.
      timeLimit(runtime),
    ],
    options.carry ?? transport(runtime),
  );
}
