import { type Context, newTrace, rootContext } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { SagaIndex } from "../../saga-index.ts";
import { answered, type SagaObject } from "../../saga-object.ts";
import { sagasOf } from "../../sagas.ts";
import { workflowSagasOf } from "../../workflows/workflow-sagas.ts";
import { Life } from "../life.ts";
import type { SimTime } from "../sim-time.ts";
import { WorkflowLife } from "../workflow-life.ts";
import type { Script } from "../world.ts";
import { journey } from "./journey.ts";
import type { Subject } from "./subject.ts";

const id = "journey-1";
const context: Context = rootContext(newTrace(), { principal: { sub: "ops", scopes: [] } });
/** The backends of the suite rest or end long before this, ms; a parked step is tried again later. */
const SOON = 30_000;

async function until(time: SimTime, done: () => Promise<boolean>): Promise<void> {
  const limit = time.now() + SOON;
  // The index is a database that knows nothing of simulated time.
  while (!(await time.hold(done())) && time.now() < limit) {
    const now = time.now();
    if (!(await time.until(() => time.now() > now, limit))) return;
  }
}

export function onObject(script: Script): Subject {
  const life = new Life(script, journey);
  const index = new SagaIndex(d1("migrations/checkout"));
  const object: Partial<SagaObject> = {
    start: ({ input }) => life.start(id, input),
    get: async () => life.driver.snapshot(),
    inspect: async () => {
      const saga = life.driver.snapshot();
      return saga && { saga, log: life.driver.log() };
    },
    order: async (_, signed, order) =>
      answered(() => {
        life.driver.order(signed, order as never);
        return life.driver.snapshot() as never;
      }),
    signal: async (_, ...signal) => answered(() => life.driver.signal(...signal)),
  };
  const sagas = sagasOf(() => object as SagaObject, index, context, life.time);
  return { id, sagas, world: life.world, until: (done) => until(life.time, done) };
}

export function onWorkflow(script: Script): Subject {
  const life = new WorkflowLife(script, journey);
  const index = new SagaIndex(d1("migrations/checkout"));
  life.publish = (snapshot) => life.time.hold(index.publishWhole(snapshot));
  let created = false;
  const instance = {
    status: async () => ({ status: life.ended ? "complete" : "running", output: life.ended }),
    sendEvent: async ({ payload }: { payload: unknown }) => life.tell(payload as never),
  } as unknown as WorkflowInstance;
  const workflow = {
    create: async ({ params }: { params?: { input: unknown } } = {}) => {
      if (created) throw new Error("instance already exists");
      created = true;
      life.start(id, params?.input);
      return instance;
    },
    get: async () => instance,
  };
  const sagas = workflowSagasOf(workflow, index, [journey], context, life.time);
  return { id, sagas, world: life.world, until: (done) => until(life.time, done) };
}
