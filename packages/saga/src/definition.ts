import { createHash } from "node:crypto";
import { canonicalJson, type InputOf, type Operation, type OutputOf } from "@weft/mesh";
import type * as z from "zod";
import type { Failure } from "./event.ts";
import {
  defaults,
  type Phase,
  type Plan,
  type PlanCall,
  type PlanStep,
  type Retry,
  type StepKind,
} from "./plan.ts";
import { checkStep } from "./rules.ts";

/** What the input of a step's call is made from: the saga's own input and the answers of the steps before. */
export interface Doing<I, R> {
  readonly sagaId: string;
  readonly input: I;
  readonly results: R;
}

export interface Undoing<I, R> extends Doing<I, R> {
  /** Why the saga goes back. */
  readonly failure: Failure;
}

export interface CallOptions<O extends Operation, S> {
  input: (saga: S) => InputOf<O>;
  /** Where it differs from the defaults for this kind of step; the timeout's default is the operation's. */
  retry?: Partial<Retry>;
}

export interface Undo<O extends Operation, S> extends CallOptions<O, S> {
  operation: O;
}

/** An operation together with how its input is made. */
export interface Action {
  readonly operation: Operation;
  readonly input: (saga: Undoing<unknown, Record<string, unknown>>) => unknown;
}

export interface SagaDefinition<I extends z.ZodType = z.ZodType, R = object> {
  readonly name: string;
  readonly version: number;
  readonly input: I;
  /** The definition as data. */
  readonly plan: Plan;
  /** SHA-256 of the plan's canonical JSON without its limits, which may be tuned within a version. */
  readonly hash: string;
  /** The code that belongs to a call of the plan. */
  action(step: string, phase: Phase): Action | undefined;
  /** Only for types: the steps' answers by step name. */
  readonly results?: R;
}

type Fresh<N extends string, R> = N extends keyof R ? never : N;

export interface Start<I extends z.ZodType, R> {
  /** A step that can be taken back. `undo` sees the step's own answer only if there was one. */
  compensatable<N extends string, O extends Operation, U extends Operation>(
    name: Fresh<N, R>,
    operation: O,
    options: CallOptions<O, Doing<z.output<I>, R>> & {
      undo: Undo<U, Undoing<z.output<I>, R & { readonly [K in N]?: OutputOf<O> }>>;
    },
  ): BeforePivot<I, R & { readonly [K in N]: OutputOf<O> }>;
  /** The point of no return: when it has succeeded, the saga only goes forward. */
  pivot<N extends string, O extends Operation>(
    name: Fresh<N, R>,
    operation: O,
    options: CallOptions<O, Doing<z.output<I>, R>>,
  ): AfterPivot<I, R & { readonly [K in N]: OutputOf<O> }>;
}

export interface BeforePivot<I extends z.ZodType, R> extends SagaDefinition<I, R>, Start<I, R> {}

export interface AfterPivot<I extends z.ZodType, R> extends SagaDefinition<I, R> {
  /** A step that is tried until it succeeds. */
  retriable<N extends string, O extends Operation>(
    name: Fresh<N, R>,
    operation: O,
    options: CallOptions<O, Doing<z.output<I>, R>>,
  ): AfterPivot<I, R & { readonly [K in N]: OutputOf<O> }>;
}

/**
 * Begins a saga's definition. Every later call gives a new, frozen definition, complete as far as it goes.
 * The builder's types allow only what the rules allow; what types cannot see throws TypeError while it is built.
 */
export function saga<I extends z.ZodType>(
  name: string,
  { version, input }: { version: number; input: I },
): Start<I, Record<never, never>> {
  return build({ name, version, steps: [] }, input, new Map()) as unknown as Start<I, Record<never, never>>;
}

type Actions = ReadonlyMap<string, Partial<Record<Phase, Action>>>;
type AnyCall = CallOptions<Operation, never> & { undo?: Undo<Operation, never> };

function build<I extends z.ZodType>(plan: Plan, input: I, actions: Actions) {
  const add = (kind: StepKind) => (name: string, operation: Operation, options: AnyCall) => {
    checkStep(plan.name, plan.steps, { name, kind, operation, undo: options.undo?.operation });
    const step = {
      do: actionOf(operation, options),
      undo: options.undo && actionOf(options.undo.operation, options.undo),
    };
    const steps = [...plan.steps, planStep(name, kind, operation, options)];
    return build({ ...plan, steps }, input, new Map([...actions, [name, step]]));
  };
  return Object.freeze({
    name: plan.name,
    version: plan.version,
    input,
    plan: freeze(plan),
    hash: createHash("sha256")
      .update(canonicalJson(withoutLimits(plan)))
      .digest("hex"),
    action: (step: string, phase: Phase) => actions.get(step)?.[phase],
    compensatable: add("compensatable"),
    pivot: add("pivot"),
    retriable: add("retriable"),
  });
}

const actionOf = (operation: Operation, { input }: CallOptions<Operation, never>): Action => ({
  operation,
  input: input as Action["input"],
});

function planStep(name: string, kind: StepKind, operation: Operation, { retry, undo }: AnyCall): PlanStep {
  return {
    name,
    kind,
    do: planCall(operation, { ...defaults[kind], ...retry }),
    ...(undo && { undo: planCall(undo.operation, { ...defaults.undo, ...undo.retry }) }),
  };
}

function planCall(operation: Operation, retry: Omit<Retry, "timeout"> & Partial<Retry>): PlanCall {
  return { operation: operation.id, retry: { timeout: operation.timeout, ...retry } };
}

function withoutLimits(plan: Plan): object {
  const steps = plan.steps.map(({ name, kind, do: { operation }, undo }) => ({
    name,
    kind,
    do: operation,
    ...(undo && { undo: undo.operation }),
  }));
  return { ...plan, steps };
}

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
