import { type Context, newTrace, rootContext, systemRuntime, type Transport } from "@weft/mesh";
import { objectsIn, SagaIndex, sagasOf, SHARDS, type Spread, workflowSagasOf } from "@weft/saga";
import { coordinator } from "@weft/saga/coordinator";
import { type Params, sagaWorkflow } from "@weft/saga/workflow";
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import { fourSteps } from "./definition.ts";
import { meterDatabase, meterStorage, written } from "./meter.ts";

interface Env {
  THINGS: Transport;
  DB: D1Database;
  SAGAS: DurableObjectNamespace;
  SAGA_WORKFLOW: Workflow<Params>;
  PLAIN_WORKFLOW: Workflow;
}

const options = {
  service: "bench",
  definitions: [fourSteps],
  index: ({ DB }: Env) => meterDatabase(DB),
};

export class SagaCoordinator extends coordinator<Env>(options) {
  constructor(ctx: DurableObjectState, env: Env) {
    meterStorage(ctx.storage);
    super(ctx, env);
  }
}
export class SagaWorkflow extends sagaWorkflow<Env>(options) {}

/** The same steps as one writes them for Workflows, with its own rollback. */
export class PlainWorkflow extends WorkflowEntrypoint<Env> {
  override async run({ instanceId }: Readonly<WorkflowEvent<unknown>>, step: WorkflowStep): Promise<string> {
    const call = (path: string) => async () => {
      const body = JSON.stringify({ id: instanceId });
      const answer = await this.env.THINGS.fetch(
        new Request(`http://things${path}`, { method: "POST", body }),
      );
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      return answer.text();
    };
    const rollback = async (): Promise<void> => void (await call("/internal/things/undo")());
    for (const name of ["create", "reserve"]) await step.do(name, call("/internal/things"), { rollback });
    for (const name of ["capture", "confirm"]) await step.do(name, call("/internal/things"));
    return "done";
  }
}

/** Longest wait for one saga, ms, and the pause between two looks at a plain Workflow, which cannot be waited for. */
const PATIENCE = 60_000;
const LOOK = 10;

async function plain({ PLAIN_WORKFLOW }: Env, id: string): Promise<string> {
  const instance = await PLAIN_WORKFLOW.create({ id });
  for (let waited = 0; waited < PATIENCE; waited += LOOK) {
    const { status } = await instance.status();
    if (status === "complete" || status === "errored") return status;
    await systemRuntime.sleep(LOOK);
  }
  return "late";
}

function sagasOn(backend: string, { DB, SAGAS, SAGA_WORKFLOW }: Env) {
  const context: Context = rootContext(newTrace(), { principal: { sub: "usr_1", scopes: [] } });
  const index = new SagaIndex(meterDatabase(DB));
  if (backend === "workflow")
    return workflowSagasOf(SAGA_WORKFLOW, index, [fourSteps], context, systemRuntime);
  const shards: Spread = backend === "object" ? "own" : SHARDS;
  return sagasOf(objectsIn(SAGAS, { shards }).of, index, context, systemRuntime);
}

/**
 * `/shard`, `/object` (one for each saga), `/workflow`, `/plain`: runs a saga to its end; `/start`: only begins one;
 * `/written`: rows so far; else a step.
 */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const backend = new URL(request.url).pathname.slice(1);
    if (backend.startsWith("internal/")) return env.THINGS.fetch(request);
    if (backend === "written") return Response.json(written);
    const id = crypto.randomUUID();
    if (backend === "plain") return answer((await plain(env, id)) === "complete");
    const sagas = sagasOn(backend, env);
    await sagas.start(fourSteps, id, { id });
    if (backend === "start") return answer(true);
    return answer((await sagas.wait(fourSteps, id, PATIENCE))?.state === "COMPLETED");
  },
};

function answer(ok: boolean): Response {
  return new Response(null, { status: ok ? 204 : 500 });
}
