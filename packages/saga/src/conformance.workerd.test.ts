import { env } from "cloudflare:workers";
import { newTrace, rootContext, systemRuntime } from "@weft/mesh";
import { beforeAll, expect, it } from "vitest";
import { migrate } from "../test/migrate.ts";
import { worldOf } from "../test/worker.ts";
import { SagaIndex } from "./saga-index.ts";
import { type Sagas, sagasOf } from "./sagas.ts";
import { objectsIn } from "./shard/places.ts";
import { expected } from "./testing/conformance/compare.ts";
import { journey } from "./testing/conformance/journey.ts";
import { scenarios } from "./testing/conformance/scenarios.ts";
import { observe, type Subject } from "./testing/conformance/subject.ts";
import type { Script } from "./testing/world.ts";
import type { Params } from "./workflows/saga-workflow.ts";
import { workflowSagasOf } from "./workflows/workflow-sagas.ts";

const { SAGAS, DB, WORKFLOW } = env as unknown as {
  SAGAS: DurableObjectNamespace;
  DB: D1Database;
  WORKFLOW: Workflow<Params>;
};

const context = rootContext(newTrace(), { principal: { sub: "ops", scopes: [] } });
const index = new SagaIndex(DB);
const onObjects = sagasOf(objectsIn(SAGAS, { shards: 2 }).of, index, context, systemRuntime);
const onWorkflows = workflowSagasOf(WORKFLOW, index, [journey], context, systemRuntime);
/** Nothing takes this long but a step that is parked, ms. */
const LONG = 5_000;

function subject(id: string, sagas: Sagas, script: Script): Subject {
  return {
    id,
    sagas,
    world: worldOf(id, script),
    async until(done) {
      const limit = Date.now() + LONG;
      while (!(await done()) && Date.now() < limit) await systemRuntime.sleep(20);
    },
  };
}

beforeAll(() => migrate(DB));

/** On real clocks those that differ in kind, and none that depends on who is faster; the others are simulated. */
const compared = [...scenarios].filter(
  ([name, { raced }]) => !raced && !/: (transient|dead|refused)$|^(a|b|c|mail).* once$/.test(name),
);

it.concurrent.each(compared)(
  "real Workflows, real objects: %s",
  { timeout: 60_000 },
  async (name, { script, play }) => {
    const id = name.replaceAll(/\W/g, "-");
    const [object, workflow] = await Promise.all([
      observe(subject(`object-${id}`, onObjects, script), play),
      observe(subject(`workflow-${id}`, onWorkflows, script), play),
    ]);
    expect(workflow).toEqual(expected(name, object));
  },
);
