import { contract, isMeshError, newTrace, rootContext, type Context } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { SagaDefinition } from "../definition.ts";
import { SagaIndex } from "../saga-index.ts";
import { answered, type SagaObject } from "../saga-object.ts";
import { sagasOf } from "../sagas.ts";
import { journey } from "../testing/conformance/journey.ts";
import { Life } from "../testing/life.ts";
import type { Script } from "../testing/world.ts";
import { sagaOperations } from "./contract.ts";
import { sagaHandlers } from "./handlers.ts";

beforeEach(() => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

const { operations } = contract("shop", sagaOperations(["control"]));
const context: Context = rootContext(newTrace(), { principal: { sub: "ops", scopes: ["operator"] } });

/** Sagas with their index, each brought to where it rests. */
async function open(scripts: Record<string, Script>, definition?: SagaDefinition) {
  const index = new SagaIndex(d1("migrations/checkout"));
  const lives = new Map<string, Life>();
  let startedAt = 1_000;
  for (const [id, script] of Object.entries(scripts)) {
    const life = new Life(script, definition);
    lives.set(id, life);
    await life.start(id);
    const waits = () => life.store.log.at(-1)?.type === "waiting";
    await life.time.until(() => waits() || (life.published.length > 1 && !life.driver.isDriving));
    for (const snapshot of life.published) await index.publish({ ...snapshot, startedAt: startedAt++ });
  }
  const objectOf = (id: string) => {
    const driver = lives.get(id)?.driver ?? new Life().driver;
    const saga = () => driver.snapshot();
    const object: Partial<SagaObject> = {
      inspect: async () => {
        const found = saga();
        return found && { saga: found, log: driver.log() };
      },
      order: async (_, signed, order) =>
        answered(() => {
          driver.order(signed, order as never);
          return saga() as never;
        }),
      signal: async (_, ...signal) => answered(() => driver.signal(...signal)),
    };
    return object as SagaObject;
  };
  const runtime = { now: () => 2_000, random: () => 0, sleep: async () => {} };
  return { lives, sagas: sagasOf(objectOf, index, context, runtime) };
}

const dead: Script = (step) => (step === "mail" ? "dead" : "ok");
const three = () => open({ a: () => "ok", b: dead, c: dead });
const list = async (query: Record<string, unknown>, { sagas }: Awaited<ReturnType<typeof open>>) => {
  const input = operations.listSagas.input.parse(query);
  const answer = operations.listSagas.output.parse(await sagaHandlers.listSagas({ input, sagas, context }));
  return { ids: answer.items.map(({ id }) => id), ...answer };
};

describe("operators", () => {
  it("list sagas newest first, by state, definition, age and trouble, page by page", async () => {
    const shop = await three();
    expect((await list({}, shop)).ids).toEqual(["c", "b", "a"]);
    expect((await list({ state: "COMPLETED" }, shop)).ids).toEqual(["a"]);
    expect((await list({ parked: true }, shop)).ids).toEqual(["c", "b"]);
    expect((await list({ definition: "other" }, shop)).ids).toEqual([]);
    expect((await list({ olderThan: 1 }, shop)).ids).toEqual(["a"]);
    const first = await list({ limit: 2 }, shop);
    expect(first.ids).toEqual(["c", "b"]);
    const second = await list({ limit: 2, cursor: first.nextCursor }, shop);
    expect([second.ids, second.nextCursor]).toEqual([["a"], null]);
  });

  it("see a saga's log and timeline", async () => {
    const { sagas } = await three();
    const found = await sagaHandlers.getSaga({ input: { id: "b" }, sagas, context });
    const saga = operations.getSaga.output.parse(found);
    expect(saga).toMatchObject({ state: "RUNNING", parked: ["mail"], failure: null });
    expect(saga.timeline[0]).toMatchObject({ step: "flight", phase: "do", attempt: 1, outcome: "done" });
    expect(saga.timeline.at(-1)).toMatchObject({ step: "mail", outcome: "unknown" });
    expect(saga.log[0]).toMatchObject({ type: "started" });
    await expect(sagaHandlers.getSaga({ input: { id: "x" }, sagas, context })).rejects.toMatchObject({
      code: "SAGA_UNKNOWN",
    });
  });

  it("give orders in their own name, and the index hears of it at once", async () => {
    const shop = await three();
    const give = (order: object) => {
      const input = operations.orderSaga.input.parse({ id: "b", requestId: "r1", reason: "stuck", order });
      return sagaHandlers.orderSaga({ input, sagas: shop.sagas, context });
    };
    await expect(give({ verb: "cancel" })).rejects.toSatisfy(
      (error) =>
        isMeshError(error) &&
        error.code === "PAST_PIVOT" &&
        error.status === 409 &&
        error.message.includes("complete it"),
    );
    await give({ verb: "complete" });
    const ordered = shop.lives.get("b")?.store.log.find(({ type }) => type === "ordered");
    expect(ordered).toMatchObject({ actor: "ops", reason: "stuck", requestId: "r1" });
  });

  it("bring a saga what it waits for, in their own name", async () => {
    const { sagas, lives } = await open({ w: () => "ok" }, journey);
    const tell = (payload: unknown, step = "approved") => {
      const input = operations.signalSaga.input.parse({
        id: "w",
        step,
        requestId: "r1",
        reason: "by phone",
        payload,
      });
      return sagaHandlers.signalSaga({ input, sagas, context });
    };
    await expect(tell({ by: 1 })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(tell({ by: "ann" }, "pay")).rejects.toMatchObject({ code: "STEP_UNKNOWN", status: 404 });
    const done = { id: "w", step: "approved" };
    expect(operations.signalSaga.output.parse(await tell({ by: "ann" }))).toEqual({
      ...done,
      heard: "accepted",
    });
    expect(await tell({ by: "ann" })).toEqual({ ...done, heard: "known" });
    await expect(tell({ by: "bob" })).rejects.toMatchObject({ code: "REQUEST_ID_REUSED", status: 422 });
    const life = lives.get("w");
    expect(life?.store.log.filter(({ type }) => type === "signalled")).toMatchObject([
      { id: "r1", actor: "ops", reason: "by phone", payload: { by: "ann" } },
    ]);
    await life?.ends();
    expect(life?.driver.snapshot()?.state).toBe("COMPLETED");
  });

  it("cannot give an order without a reason", () => {
    const bare = { id: "b", requestId: "r", order: { verb: "kill" } };
    expect(operations.orderSaga.input.safeParse({ ...bare, reason: "" }).success).toBe(false);
    expect(operations.orderSaga.input.safeParse({ ...bare, reason: "x" }).success).toBe(true);
  });

  it("see which definitions live sagas still need", async () => {
    const { sagas, lives } = await three();
    const { items } = operations.sagaNeeds.output.parse(
      await sagaHandlers.sagaNeeds({ input: {}, sagas, context }),
    );
    const hash = lives.get("b")?.driver.snapshot()?.hash;
    expect(items).toEqual([{ definition: "trip", version: 1, hash, sagas: 2 }]);
  });
});
