import type * as z from "zod";
import type { SagaDefinition } from "./definition.ts";
import type { Failure, SagaState } from "./event.ts";
import { isFinal, isSettled } from "./interpreter.ts";
import { type Progress, triesOf } from "./fold.ts";
import { ROOT } from "./key.ts";
import { resultsIn } from "./view.ts";
import type { Head } from "./store.ts";

/** A saga as it stands. */
export interface SagaSnapshot<D extends SagaDefinition = SagaDefinition> {
  readonly id: string;
  readonly definition: string;
  readonly version: number;
  /** Of the definition that it goes by. */
  readonly hash: string;
  readonly state: SagaState;
  /** It has ended, or it goes back and has tried every undo at least once: the starter need not wait longer. */
  readonly settled: boolean;
  readonly input: z.output<D["input"]>;
  /** Answers of the steps that were done. Steps in the lists below are named by their keys. */
  readonly results: Partial<NonNullable<D["results"]>>;
  /** Steps that were taken back. */
  readonly undone: readonly string[];
  /**
   * Where somebody should look: steps that were tried in vain for long, or failed in the same way again and again, and
   * now are tried rarely; undos that were given up; the step at which the saga was halted for its log's length.
   */
  readonly parked: readonly string[];
  /** The step whose code this deployment lacks; the saga waits for one that has it. */
  readonly missing: string | undefined;
  /** Why, and at which step, the saga went back. */
  readonly failure: (Failure & { readonly step: string }) | undefined;
  /** Times are ms since the epoch. */
  readonly startedAt: number;
  readonly updatedAt: number;
  /** What its calls have written and seen since its object last began to run, as a consistency token. */
  readonly consistency?: string;
  /** When the saga goes on by itself; undefined when it has ended. */
  readonly dueAt: number | undefined;
}

export function snapshotOf(
  head: Head,
  progress: Progress,
  updatedAt: number,
  dueAt: number | undefined,
  missing?: string,
): SagaSnapshot {
  const { plan, hash } = progress.moved ?? head;
  return {
    id: head.id,
    definition: plan.name,
    version: plan.version,
    hash,
    state: progress.state,
    settled: isSettled(plan, progress),
    input: head.input,
    results: resultsIn(plan.steps, ROOT, progress) as SagaSnapshot["results"],
    undone: Object.keys(progress.steps).filter((key) => triesOf(progress, key, "undo").done),
    parked: parkedIn(progress),
    missing,
    failure: progress.failure,
    startedAt: head.startedAt,
    updatedAt,
    dueAt,
  };
}

/** What was parked before the saga took its way or came to its end is nobody's concern any more. */
function parkedIn(progress: Progress): string[] {
  const { state, steps, halted } = progress;
  if (isFinal(state) && state !== "PARTIALLY_COMPENSATED") return [];
  const parked = Object.keys(steps).filter((key) => {
    const tries = triesOf(progress, key, state === "RUNNING" ? "do" : "undo");
    return tries.parked || tries.stuck;
  });
  return halted === undefined || parked.includes(halted) ? parked : [...parked, halted];
}
