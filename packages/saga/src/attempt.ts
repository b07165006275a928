import { describe, log, meshError, type Operation, type Runtime, type SagaStep } from "@weft/mesh";
import type { Action } from "./definition.ts";
import type { SagaEvent } from "./event.ts";
import type { Progress } from "./fold.ts";
import type { Decision } from "./interpreter.ts";
import { failed, type Outcome, unsendable } from "./outcome.ts";
import { backoff, type PlanCall } from "./plan.ts";
import type { Head } from "./store.ts";

export type Attempt = Extract<Decision, { type: "attempt" }>;

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

/** Makes one attempt and says what to write down about it. Never rejects. */
export async function attemptStep(
  { call, runtime }: { call: SagaCall; runtime: Runtime },
  head: Head,
  progress: Progress,
  { step: { name: step }, phase, attempt, timeout }: Attempt,
  planned: PlanCall,
  action: Action,
): Promise<SagaEvent> {
  const outcome = await outcomeOf(action, head, progress, (input) =>
    within(
      runtime,
      timeout + GRACE,
      call(action.operation, input, { sagaId: head.id, step, attempt }, timeout, head),
    ),
  );
  if (outcome.type === "done") return { type: "done", step, phase, result: outcome.result };
  const { kind, failure, retryAfter } = outcome;
  const level = kind === "refused" ? "error" : "warn";
  log(level, "saga step failed", {
    saga: head.id,
    traceId: head.trace.traceId,
    step,
    phase,
    attempt,
    kind,
    ...failure,
  });
  const wait = Math.max(backoff(planned.retry, attempt, runtime.random()), retryAfter);
  return { type: "failed", step, phase, kind, failure, retryAt: runtime.now() + wait };
}

async function outcomeOf(
  { operation, input }: Action,
  head: Head,
  { results, failure }: Progress,
  send: (input: unknown) => Promise<unknown>,
): Promise<Outcome> {
  let body: unknown;
  try {
    body = input({
      sagaId: head.id,
      input: head.input,
      results,
      failure: failure ?? { code: "INTERNAL", status: 500 },
    });
  } catch (error) {
    log("error", "saga step has no input", {
      saga: head.id,
      operation: operation.id,
      cause: describe(error),
    });
    return unsendable();
  }
  try {
    return { type: "done", result: await send(body) };
  } catch (error) {
    return failed(operation, error);
  }
}

async function within<T>({ sleep }: Runtime, ms: number, work: Promise<T>): Promise<T> {
  const cancel = new AbortController();
  const late = sleep(ms, cancel.signal).then(() => {
    throw meshError("DEADLINE_EXCEEDED");
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel.abort();
  }
}
