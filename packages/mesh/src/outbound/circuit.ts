import { type MeshError, meshError } from "../error.ts";
import type { Region } from "../regional/region.ts";
import type { Decision } from "../resilience/circuit-breaker.ts";
import type { Outcome } from "../resilience/outcome.ts";
import type { Answer, Outbound, OutboundLayer } from "./call.ts";
import type { Callees, Circuit } from "./callees.ts";
import { isLate, lateError } from "./deadline.ts";
import { outcomeOf } from "./outcome.ts";
import type { SteadyRuntime } from "./steady.ts";
import { priorityOf } from "./priority.ts";

function refusal(call: Outbound, { breaker }: Circuit, now: number): MeshError {
  const { state, reason, retryAfter } = breaker.rejection(now);
  return meshError("CIRCUIT_OPEN", `The circuit to ${call.operation.service} is ${state}: ${reason}.`, {
    retryAfter: retryAfter / 1_000,
  });
}

/** A call that was let through. */
interface Pass {
  readonly epoch: number;
  readonly begun: number;
  readonly lease: number | undefined;
}

interface Asked {
  readonly decision: Decision;
  readonly lease: number | undefined;
}

/**
 * Holds calls back from a callee that fails: by what this isolate has seen, by the region's verdict, or by an
 * operator's order. A healthy call waits for nobody; a stale verdict is looked up in the data centre's cache, and only
 * the probe of a failing callee asks the region's object first. Neither wait outlasts the call's own time.
 */
export const circuit = (
  callees: Callees,
  region: Region,
  { now, random, tick }: SteadyRuntime,
): OutboundLayer => {
  if (!callees.policies.circuit) return (next) => next;

  function ended(call: Outbound, circuit: Circuit, pass: Pass, outcome: Outcome): void {
    const at = now();
    // Not the caller's own limit: one that is in a hurry says nothing about the callee.
    const { timeout, tryTimeout = timeout } = call.operation;
    const limit = Math.min(timeout, tryTimeout);
    circuit.breaker.record(outcome, pass.epoch, at - pass.begun, at, random, limit);
    circuit.reporter.ended(outcome, at);
    if (!callees.policies.region || !region.reaches(call)) return;
    if (pass.lease !== undefined) region.settle(call, circuit, pass.lease, outcome);
    region.report(call, circuit);
  }

  /** Takes over the region's verdict from the data centre's cache. */
  async function lookUp(call: Outbound, circuit: Circuit): Promise<void> {
    await region.lookUp(call, circuit);
    tick();
    if (isLate(call, now())) throw lateError(call);
  }

  /** Asks the region to be its one prober. If it does not answer, this isolate decides by what it has seen. */
  async function askForLease(call: Outbound, circuit: Circuit): Promise<Asked> {
    circuit.awaited++;
    const answer = await region.lease(call, circuit);
    tick();
    const late = isLate(call, now());
    if (late && answer?.lease !== undefined) region.settle(call, circuit, answer.lease, "ignored");
    if (late) throw lateError(call);
    if (!answer)
      return { lease: undefined, decision: circuit.breaker.acquireAlone(now(), random, priorityOf(call)) };
    return { lease: answer.lease, decision: answer.lease === undefined ? "reject" : "probe" };
  }

  return (next) => {
    async function guard(call: Outbound) {
      const { circuit } = callees.of(call.operation);
      const { breaker } = circuit;
      const regional = callees.policies.region && region.reaches(call);
      if (regional && breaker.view.lookUpDue(now())) await lookUp(call, circuit);
      let decision = breaker.acquire(now(), random, priorityOf(call));
      let lease: number | undefined;
      if (decision === "lease") ({ decision, lease } = await askForLease(call, circuit));
      const begun = now();
      if (decision === "reject") {
        if (regional) region.report(call, circuit);
        throw refusal(call, circuit, begun);
      }
      call.probe = decision === "probe";
      const pass = { epoch: breaker.epoch, begun, lease };
      circuit.reporter.sent(begun);
      let answer: Answer;
      try {
        answer = await next(call);
      } catch (error) {
        ended(call, circuit, pass, outcomeOf(error, call));
        throw error;
      }
      ended(call, circuit, pass, "ok");
      return answer;
    }
    return (call) => (call.off?.includes("circuit") ? next(call) : guard(call));
  };
};
