import { createHash } from "node:crypto";
import { canonicalJson, type Operation } from "@weft/mesh";
import type * as z from "zod";
import type { CallOptions, Start, Undo } from "./builder.ts";
import {
  defaults,
  type Phase,
  type Plan,
  type PlanCall,
  type PlanNode,
  type PlanStep,
  type Retry,
  type StepKind,
} from "./plan.ts";
import { withoutLimits } from "./plan-hash.ts";
import { checkMixed, checkNode, checkSize, checkStep, namesIn, type Surroundings } from "./rules.ts";
import type { View } from "./view.ts";

/** An operation together with how its input is made. */
export interface Action {
  readonly operation: Operation;
  readonly input: (this: void, saga: View) => unknown;
}

/** What of a node is code and not data. */
export interface Code {
  readonly do?: Action;
  readonly undo?: Action;
  /** Which branch, which items, which input. */
  readonly resolve?: (saga: View) => unknown;
  /** What a signal must carry. */
  readonly signal?: z.ZodType;
}

export interface SagaDefinition<I extends z.ZodType = z.ZodType, R = object> {
  readonly name: string;
  readonly version: number;
  readonly input: I;
  /** The definition as data. */
  readonly plan: Plan;
  /** SHA-256 of the plan's canonical JSON without its limits, which may be tuned within a version. */
  readonly hash: string;
  /** The code that belongs to a call of the plan; `step`: its name, in a sub-saga `<sub-saga>.<name>`. */
  action(step: string, phase: Phase): Action | undefined;
  /** The code of any node, named in the same way. */
  code(node: string): Code | undefined;
  /** Only for types: the steps' answers by step name. */
  readonly results?: R;
}

/**
 * Begins a saga's definition. Every later call gives a new, frozen definition, complete as far as it goes.
 * The builder's types allow only what the rules allow; what types cannot see throws TypeError while it is built.
 */
export function saga<I extends z.ZodType>(
  name: string,
  { version, input }: { version: number; input: I },
): Start<I, Record<never, never>, "before", unknown> {
  const draft: Draft = {
    plan: { name, version, steps: [] },
    input,
    code: new Map(),
    around: { nodes: [], taken: [] },
  };
  return build(draft) as unknown as Start<I, Record<never, never>, "before", unknown>;
}

interface Draft {
  readonly plan: Plan;
  readonly input: z.ZodType;
  readonly code: ReadonlyMap<string, Code>;
  readonly around: Surroundings;
}

/** What a builder is at run time; its methods are typed by `Start`. */
interface Built extends SagaDefinition {
  readonly codes: ReadonlyMap<string, Code>;
}
type Branch = (start: Built) => Built;
type AnyCall = CallOptions<Operation, never> & { undo?: Undo<Operation, never> };
type Resolve = NonNullable<Code["resolve"]>;

function build(draft: Draft): Built {
  const { plan, input, code, around } = draft;
  const before = [...around.nodes, ...plan.steps];
  let hash: string | undefined;

  const add = (node: PlanNode, own: Code, inner: Iterable<[string, Code]> = []): Built => {
    checkNode(plan.name, before, around, node);
    const steps = [...plan.steps, node];
    checkSize(plan.name, steps, node.name);
    return build({
      ...draft,
      plan: { ...plan, steps },
      code: new Map([...code, ...inner, [node.name, own]]),
    });
  };
  const call = (kind: StepKind) => (name: string, operation: Operation, options: AnyCall) => {
    checkStep(plan.name, before, { name, kind, operation, undo: options.undo?.operation }, around);
    const undo = options.undo && actionOf(options.undo.operation, options.undo);
    return add(planStep(name, kind, operation, options), {
      do: actionOf(operation, options),
      ...(undo && { undo }),
    });
  };
  /** The steps of a branch, built where it will stand. */
  const branch = (make: Branch, place: string | undefined, siblings: readonly string[] = []): Built =>
    make(
      build({
        ...draft,
        plan: { ...plan, steps: [] },
        code: new Map(),
        around: { nodes: before, taken: [...around.taken, ...siblings], place: place ?? around.place },
      }),
    );
  const branches = (makes: Record<string, Branch>, place: string | undefined) => {
    const built: [string, Built][] = [];
    for (const [name, make] of Object.entries(makes)) {
      const siblings = built.flatMap(
        ([
          ,
          {
            plan: { steps },
          },
        ]) => namesIn(steps),
      );
      built.push([name, branch(make, place, siblings)]);
    }
    return {
      branches: Object.fromEntries(
        built.map(
          ([
            name,
            {
              plan: { steps },
            },
          ]) => [name, steps],
        ),
      ),
      inner: built.flatMap(([, { codes }]) => [...codes]),
    };
  };

  const definition = {
    name: plan.name,
    version: plan.version,
    input,
    plan: freeze(plan),
    get hash() {
      hash ??= createHash("sha256")
        .update(canonicalJson(withoutLimits(plan)))
        .digest("hex");
      return hash;
    },
    action: (step: string, phase: Phase) => code.get(step)?.[phase],
    code: (node: string) => code.get(node),
    codes: code,
    compensatable: call("compensatable"),
    pivot: call("pivot"),
    retriable: call("retriable"),
    parallel(name: string, makes: Record<string, Branch>): Built {
      const { branches: parts, inner } = branches(makes, `the parallel branches of "${name}"`);
      return add({ name, kind: "parallel", branches: parts }, {}, inner);
    },
    choice(name: string, which: Resolve, makes: Record<string, Branch>): Built {
      const { branches: parts, inner } = branches(makes, undefined);
      checkMixed(plan.name, name, parts);
      return add({ name, kind: "choice", branches: parts }, { resolve: which }, inner);
    },
    map(name: string, items: Resolve, limits: { max: number; concurrency: number }, make: Branch): Built {
      const { plan: body, codes } = branch(make, `the map "${name}"`);
      return add({ name, kind: "map", ...limits, steps: body.steps }, { resolve: items }, codes);
    },
    waitFor(
      name: string,
      {
        signal,
        timeout,
        onTimeout,
      }: { signal: z.ZodType; timeout: number; onTimeout: "compensate" | "continue" },
    ): Built {
      return add({ name, kind: "wait", timeout, onTimeout }, { signal });
    },
    delay: (name: string, ms: number): Built => add({ name, kind: "delay", ms }, {}),
    subSaga(name: string, sub: SagaDefinition, options: { input: Resolve }): Built {
      const resolve: Resolve = (view) => sub.input.parse(options.input(view));
      const inner = [...(sub as Built).codes].map(([node, own]): [string, Code] => [`${name}.${node}`, own]);
      return add({ name, kind: "saga", plan: sub.plan }, { resolve }, inner);
    },
  };
  return Object.freeze(definition);
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

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
