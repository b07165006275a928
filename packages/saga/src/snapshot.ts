import type * as z from "zod";
import type { SagaDefinition } from "./definition.ts";
import type { Failure, SagaState } from "./event.ts";
import { isSettled } from "./interpreter.ts";
import type { Progress } from "./fold.ts";
import type { Head } from "./store.ts";

/** A saga as it stands. */
export interface SagaSnapshot<D extends SagaDefinition = SagaDefinition> {
  readonly id: string;
  readonly definition: string;
  readonly version: number;
  readonly state: SagaState;
  /** It has ended, or it goes back and has tried every undo at least once: the starter need not wait longer. */
  readonly settled: boolean;
  readonly input: z.output<D["input"]>;
  /** Answers of the steps that were done. */
  readonly results: Partial<NonNullable<D["results"]>>;
  /** Steps that were taken back. */
  readonly undone: readonly string[];
  /** Steps that were tried in vain for long and now are tried rarely, or undos that were given up. */
  readonly parked: readonly string[];
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
): SagaSnapshot {
  const stepsWhere = (found: (phases: Progress["steps"][string]) => boolean | undefined) =>
    head.plan.steps.map(({ name }) => name).filter((name) => found(progress.steps[name] ?? {}));
  return {
    id: head.id,
    definition: head.plan.name,
    version: head.plan.version,
    state: progress.state,
    settled: isSettled(head.plan, progress),
    input: head.input,
    results: progress.results,
    undone: stepsWhere((phases) => phases.undo?.done),
    parked: stepsWhere((phases) => phases.do?.parked ?? phases.undo?.parked),
    failure: progress.failure,
    startedAt: head.startedAt,
    updatedAt,
    dueAt,
  };
}
