import { describe, log, meshError, type Operation, type Runtime, type SagaStep } from "@weft/mesh";
import type { Action } from "./definition.ts";
import type { SagaEvent } from "./event.ts";
import type { Decision } from "./interpreter.ts";
import { failed, type Outcome, unsendable } from "./outcome.ts";
import { backoff, type PlanCall } from "./plan.ts";
import type { Head } from "./store.ts";
import type { View } from "./view.ts";
import { within } from "./within.ts";

export type Attempt = Extract<Decision, { type: "attempt" }>;
export type OutcomeEvent = Extract<SagaEvent, { type: "done" | "failed" }>;

/** Makes one call of at most `timeout` ms; resolves with the answer's body, rejects with a MeshError. */
export type SagaCall = (
  operation: Operation,
  input: unknown,
  step: SagaStep,
  timeout: number,
  head: Head,
) => Promise<unknown>;

/** A transport that ignores its timeout is not waited for longer than this, ms. */
const GRACE = 500;

export interface Making {
  readonly call: SagaCall;
  readonly runtime: Runtime;
  readonly head: Head;
  readonly view: View;
  readonly planned: PlanCall;
  readonly action: Action;
  /** An outcome that came after it was no longer waited for. */
  late(outcome: Outcome): void;
}

/** Makes one attempt and says what to write down about it. Never rejects. */
export async function attemptStep(attempt: Attempt, making: Making): Promise<OutcomeEvent> {
  const { head, planned, runtime } = making;
  const { key: step, phase, attempt: number, nth, stuck } = attempt;
  const outcome = await outcomeOf(attempt, making);
  if (outcome.type === "done") return { type: "done", step, phase, attempt: number, result: outcome.result };
  const { kind, failure, retryAfter } = outcome;
  log(kind === "refused" ? "error" : "warn", "saga step failed", {
    saga: head.id,
    traceId: head.trace.traceId,
    step,
    phase,
    attempt: number,
    kind,
    ...failure,
  });
  const wait = Math.max(backoff(planned.retry, nth, runtime.random(), stuck), retryAfter);
  const retryAt = runtime.now() + wait;
  return { type: "failed", step, phase, attempt: number, kind, failure, retryAt };
}

async function outcomeOf(
  { key: step, attempt, timeout }: Attempt,
  { call, runtime, head, view, action: { operation, input }, ...making }: Making,
): Promise<Outcome> {
  let body: unknown;
  try {
    body = input(view);
  } catch (error) {
    log("error", "saga step has no input", {
      saga: head.id,
      operation: operation.id,
      cause: describe(error),
    });
    return unsendable();
  }
  const saga = { sagaId: head.id, step, attempt };
  const answer = call(operation, body, saga, timeout, head).then(
    (result): Outcome => ({ type: "done", result }),
    (error: unknown) => failed(operation, error),
  );
  const inTime = await within(runtime, timeout + GRACE, answer);
  if (inTime) return inTime;
  void answer.then((outcome) => making.late(outcome));
  return failed(operation, meshError("DEADLINE_EXCEEDED"));
}
