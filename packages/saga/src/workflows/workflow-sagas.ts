import {
  canonicalJson,
  type Context,
  MeshError,
  meshError,
  type Plugin,
  type Runtime,
  systemRuntime,
} from "@weft/mesh";
import { acceptOrder, acceptSignal } from "../accept.ts";
import type { SagaDefinition } from "../definition.ts";
import { findIn } from "../find-definition.ts";
import { isFinal } from "../interpreter.ts";
import { refuse } from "../judge.ts";
import { nodeAt } from "../key.ts";
import { RETENTION } from "../retention.ts";
import { SagaIndex } from "../saga-index.ts";
import type { Inspection } from "../saga-object.ts";
import { indexed, parseInput, type Sagas } from "../sagas.ts";
import type { SagaSnapshot } from "../snapshot.ts";
import { MESSAGE, type Message } from "./message.ts";
import type { Params } from "./saga-workflow.ts";

export interface WorkflowSagasOptions {
  /** Name of the binding of the Workflow. */
  workflow: string;
  definitions: readonly SagaDefinition[];
  /** Name of the D1 binding that holds the saga index. */
  index?: string;
  runtime?: Runtime;
}

/** Between two looks at a saga that is waited for, ms: the first, and the longest. */
const FIRST_LOOK = 25;
const LONGEST_LOOK = 1_000;

/** The end of an instance that Workflows itself has ended: nothing was compensated. */
const broken = ["errored", "terminated"];

/** As `sagas()`, for sagas that run on Cloudflare Workflows. What differs is in decision 20. */
export function workflowSagas({
  workflow,
  definitions,
  index = "DB",
  runtime = systemRuntime,
}: WorkflowSagasOptions): Plugin<{ sagas: Sagas }> {
  const indexOf = (env: unknown) => new SagaIndex((env as Record<string, D1Database>)[index] as D1Database);
  const workflowOf = (env: unknown) =>
    (env as Record<string, Workflow<Params>>)[workflow] as Workflow<Params>;
  return {
    resources: ({ env, context }) => ({
      sagas: workflowSagasOf(workflowOf(env), indexOf(env), definitions, context, runtime),
    }),
    checks: ({ env }) => ({ sagas: () => indexOf(env).check() }),
    async scheduled(_, work) {
      const { env } = work.open().scope;
      await indexOf(env).forgetWhole(runtime.now() - RETENTION);
    },
  };
}

export function workflowSagasOf(
  workflow: Pick<Workflow<Params>, "create" | "get">,
  index: SagaIndex,
  definitions: readonly SagaDefinition[],
  context: Context,
  { now, sleep }: Runtime,
): Sagas {
  const find = findIn(definitions);

  /** As the index knows the saga: as it was when it last began a long wait, or ended. */
  async function known(id: string): Promise<SagaSnapshot | undefined> {
    const snapshot = (await index.find(id))?.snapshot ?? undefined;
    if (!snapshot || isFinal(snapshot.state)) return snapshot;
    const { status, error } = await (await workflow.get(id)).status();
    if (!broken.includes(status)) return snapshot;
    const detail = `Workflows has ended it without compensation: ${error?.message ?? status}`;
    const failure = { code: "INTERNAL", status: 500, step: "", detail };
    return { ...snapshot, state: "KILLED", settled: true, failure, dueAt: undefined };
  }

  async function running(
    id: string,
  ): Promise<{ saga: SagaSnapshot; definition: SagaDefinition | undefined }> {
    const saga = await known(id);
    if (!saga) throw refuse("SAGA_UNKNOWN");
    if (isFinal(saga.state)) throw refuse("SAGA_ENDED");
    return { saga, definition: find(saga.definition, saga.version) };
  }

  async function tell(id: string, payload: Message): Promise<void> {
    await (await workflow.get(id)).sendEvent({ type: MESSAGE, payload });
  }

  return {
    ...indexed(index, now),
    async start(definition, id, input) {
      const parsed = parseInput(definition, input);
      const { plan, hash, name, version } = definition;
      const existing = await known(id);
      if (existing) {
        const same = existing.definition === name && canonicalJson(existing.input) === canonicalJson(parsed);
        if (!same) throw meshError("CONFLICT", `Saga ${id} was started with another input.`);
      } else {
        const at = now();
        const since = { startedAt: at, updatedAt: 0, dueAt: at };
        const bare = { results: {}, undone: [], parked: [], missing: undefined, failure: undefined };
        const begun = { id, definition: name, version, hash, input: parsed, ...bare, ...since };
        // The index knows the saga before anything takes effect.
        await index.publishWhole({ ...begun, state: "RUNNING", settled: false });
      }
      const { trace, principal, hops, region } = context;
      const params = { id, plan, hash, input: parsed, trace, principal, hops, region };
      await create(workflow, id, params);
    },
    async wait<D extends SagaDefinition>(_: D, id: string, ms: number, step?: string) {
      const until = now() + ms;
      for (let pause = FIRST_LOOK; ; pause = Math.min(2 * pause, LONGEST_LOOK)) {
        const saga = await known(id);
        const left = until - now();
        const isOver = !saga || saga.settled || (step !== undefined && Object.hasOwn(saga.results, step));
        if (isOver || left <= 0) return saga as SagaSnapshot<D> | undefined;
        await sleep(Math.min(pause, left));
      }
    },
    async get<D extends SagaDefinition>(_: D, id: string) {
      return (await known(id)) as SagaSnapshot<D> | undefined;
    },
    async signal(id, step, signalId, payload, by) {
      const { definition } = await running(id);
      if (definition && nodeAt(definition.plan, step)?.kind !== "wait") throw refuse("STEP_UNKNOWN");
      const accepted = acceptSignal(definition, step, payload);
      await tell(id, { kind: "signal", id: signalId, step, payload: accepted, by });
      return "accepted";
    },
    async inspect(id) {
      const saga = await known(id);
      if (!saga) return undefined;
      const { output } = await (await workflow.get(id)).status();
      return { saga, log: (output as Inspection | undefined)?.log ?? [] };
    },
    async order(id, signed, order) {
      if (order.verb === "migrate")
        throw refuse("NOT_MIGRATABLE", "A saga on Workflows keeps the plan that it began with.");
      const { saga, definition } = await running(id);
      const accepted = acceptOrder(definition, order);
      await tell(id, { kind: "order", signed, order: accepted });
      return saga;
    },
  };
}

/** Creates the instance, or finds it: an answer may have been lost. */
async function create(
  workflow: Pick<Workflow<Params>, "create" | "get">,
  id: string,
  params: Params,
): Promise<void> {
  try {
    await workflow.create({ id, params });
  } catch (cause) {
    const there = await workflow.get(id).then(
      () => true,
      () => false,
    );
    if (!there) throw new MeshError("UNAVAILABLE", { status: 503, cause });
  }
}
