import { d1 } from "@weft/testkit/d1";
import { newTrace, rootContext } from "@weft/mesh";
import { scope } from "@weft/testkit/scope";
import { beforeEach, expect, it, vi } from "vitest";
import { RETENTION } from "./retention.ts";
import { SagaIndex } from "./saga-index.ts";
import type { SagaObject, StartRequest } from "./saga-object.ts";
import { sagas, sagasOf } from "./sagas.ts";
import type { SagaSnapshot } from "./snapshot.ts";
import { sweep } from "./sweep.ts";
import { trip } from "./testing/definition.ts";

beforeEach(() => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

const MINUTE = 60_000;
const snapshot = (id: string, parts: Partial<SagaSnapshot> = {}): SagaSnapshot => ({
  id,
  definition: "trip",
  version: 1,
  hash: "h",
  state: "RUNNING",
  settled: false,
  input: {},
  results: {},
  undone: [],
  parked: [],
  missing: undefined,
  failure: undefined,
  startedAt: 0,
  updatedAt: 1,
  dueAt: 1,
  ...parts,
});

function objects(answers: Record<string, () => SagaSnapshot | undefined>) {
  const woken: string[] = [];
  const objectOf = (id: string) =>
    ({
      resume: async () => {
        woken.push(id);
        return answers[id]?.();
      },
    }) as Partial<SagaObject> as SagaObject;
  return { woken, objectOf };
}

it("the sweep wakes every saga that is overdue, and no other", async () => {
  const index = new SagaIndex(d1("migrations/checkout"));
  await index.publish(snapshot("lost", { dueAt: 0 }));
  await index.publish(snapshot("fresh", { dueAt: 2 * MINUTE }));
  await index.publish(snapshot("resting", { dueAt: 10 * MINUTE }));
  await index.publish(snapshot("over", { state: "COMPLETED", dueAt: undefined }));
  const { woken, objectOf } = objects({
    lost: () => snapshot("lost", { state: "COMPLETED", updatedAt: 3 * MINUTE, dueAt: undefined }),
  });
  await sweep(index, { of: objectOf, shared: [] }, 2 * MINUTE);
  expect(woken).toEqual(["lost"]);
  expect(await index.countByState()).toEqual({ RUNNING: 2, COMPLETED: 2 });
  expect(await index.overdue(2 * MINUTE, 10)).toEqual([]);
});

it("one saga that cannot be woken does not keep the others asleep", async () => {
  const index = new SagaIndex(d1("migrations/checkout"));
  for (const id of ["a", "b", "c"]) await index.publish(snapshot(id));
  const { woken, objectOf } = objects({
    b: () => {
      throw new Error("broken");
    },
  });
  await sweep(index, { of: objectOf, shared: [] }, 2 * MINUTE);
  expect(woken.toSorted()).toEqual(["a", "b", "c"]);
});

it("sagas that cannot be woken do not starve those behind them, and have their turn again", async () => {
  const index = new SagaIndex(d1("migrations/checkout"));
  for (let n = 0; n < 100; n++) await index.publish(snapshot(`broken-${n}`, { dueAt: 0 }));
  await index.publish(snapshot("behind", { dueAt: 1 }));
  const { woken, objectOf } = objects({});
  const objectsOf = (id: string) => {
    const object = objectOf(id);
    return id === "behind"
      ? object
      : { ...object, resume: () => object.resume(id).then(() => Promise.reject(new Error("broken"))) };
  };
  await sweep(index, { of: objectsOf, shared: [] }, 2 * MINUTE);
  expect(woken).not.toContain("behind");
  await sweep(index, { of: objectsOf, shared: [] }, 3 * MINUTE);
  expect(woken).toHaveLength(101);
  expect(woken).toContain("behind");
  await sweep(index, { of: objectsOf, shared: [] }, 10 * MINUTE);
  expect(woken).toHaveLength(201);
});

it("the health check costs the same however many sagas there are", async () => {
  const DB = d1("migrations/checkout");
  const prepare = vi.spyOn(DB, "prepare");
  const { checks } = sagas({ object: "SAGAS" });
  await checks?.(scope({ env: { DB } })).sagas?.();
  expect(prepare.mock.calls).toEqual([["SELECT 1"]]);
});

it("a saga that its object does not know stays in sight, and its turn comes again", async () => {
  const index = new SagaIndex(d1("migrations/checkout"));
  await index.publish(snapshot("elsewhere"));
  const { woken, objectOf } = objects({});
  await sweep(index, { of: objectOf, shared: [] }, 2 * MINUTE);
  expect(await index.countByState()).toEqual({ RUNNING: 1 });
  expect(console.error).toHaveBeenCalledWith(expect.stringContaining("formerly"));
  await sweep(index, { of: objectOf, shared: [] }, 10 * MINUTE);
  expect(woken).toEqual(["elsewhere", "elsewhere"]);
});

it("old news do not replace newer ones in the index", async () => {
  const index = new SagaIndex(d1("migrations/checkout"));
  await index.publish(snapshot("a", { state: "COMPLETED", updatedAt: 9, dueAt: undefined }));
  await index.publish(snapshot("a", { state: "RUNNING", updatedAt: 5 }));
  expect(await index.countByState()).toEqual({ COMPLETED: 1 });
});

it("input that the definition does not allow starts nothing", async () => {
  const sagas = sagasOf(objects({}).objectOf, new SagaIndex(d1()), rootContext(newTrace()), {
    now: () => 0,
    random: () => 0,
    sleep: async () => {},
  });
  await expect(sagas.start(trip, "t1", { to: 1 } as never)).rejects.toMatchObject({
    code: "VALIDATION_FAILED",
    errors: [{ pointer: "/to" }],
  });
});

it("starts with what the starter's call is known to be", async () => {
  const started: StartRequest[] = [];
  const objectOf = () =>
    ({
      start: async (request) => {
        started.push(request);
        return "begun";
      },
    }) as Partial<SagaObject> as SagaObject;
  const context = rootContext(newTrace(), { hops: 3, region: "EU", principal: { sub: "usr_1", scopes: [] } });
  const sagas = sagasOf(objectOf, new SagaIndex(d1()), context, {
    now: () => 0,
    random: () => 0,
    sleep: async () => {},
  });
  await sagas.start(trip, "t1", { to: "Rome" });
  const { trace, hops, region, principal } = context;
  expect(started).toMatchObject([{ id: "t1", trace, hops, region, principal }]);
});

it("a call to an object that restarts is made again", async () => {
  const index = new SagaIndex(d1("migrations/checkout"));
  let calls = 0;
  const objectOf = () =>
    ({
      start: async () => {
        calls += 1;
        if (calls === 1) throw new Error("Durable Object reset because its code was updated.");
        return "joined";
      },
      get: async () => {
        throw new Error("gone");
      },
    }) as Partial<SagaObject> as SagaObject;
  const sagas = sagasOf(objectOf, index, rootContext(newTrace()), {
    now: () => 0,
    random: () => 0,
    sleep: async () => {},
  });
  await sagas.start(trip, "t1", { to: "Rome" });
  expect(calls).toBe(2);
  await expect(sagas.get(trip, "t1")).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

it("sagas that ended 30 days ago are forgotten, others are not", async () => {
  const index = new SagaIndex(d1("migrations/checkout"));
  const end = 1_000;
  const over = { state: "COMPENSATED", updatedAt: end, dueAt: undefined } as const;
  await index.publish(snapshot("old", over));
  await index.publish(snapshot("young", { ...over, updatedAt: end + 10 * MINUTE }));
  await index.publish(snapshot("live", { updatedAt: end, dueAt: end + 2 * RETENTION }));
  const { woken, objectOf } = objects({});
  await sweep(index, { of: objectOf, shared: [] }, end + RETENTION + 5 * MINUTE);
  expect(woken).toEqual(["old"]);
  expect(await index.countByState()).toEqual({ COMPENSATED: 1, RUNNING: 1 });
});

it("sagas that ended long ago and cannot be woken do not starve those behind them", async () => {
  const index = new SagaIndex(d1("migrations/checkout"));
  const over = { state: "KILLED", updatedAt: 1, dueAt: undefined } as const;
  for (let n = 0; n < 100; n++) await index.publish(snapshot(`broken-${n}`, over));
  await index.publish(snapshot("behind", { ...over, startedAt: 1, updatedAt: 2 }));
  const woken: string[] = [];
  const objectOf = (id: string) => {
    woken.push(id);
    const answer = id === "behind" ? Promise.resolve(undefined) : Promise.reject(new Error("broken"));
    return { resume: () => answer } as Partial<SagaObject> as SagaObject;
  };
  const now = 2 * RETENTION;
  await sweep(index, { of: objectOf, shared: [] }, now);
  expect(woken).not.toContain("behind");
  await sweep(index, { of: objectOf, shared: [] }, now + MINUTE);
  expect(woken).toHaveLength(101);
  await sweep(index, { of: objectOf, shared: [] }, now + 10 * MINUTE);
  expect(woken).toHaveLength(201);
});

it("what is open is found without reading what is complete", async () => {
  const DB = d1("migrations/checkout");
  const index = new SagaIndex(DB);
  const prepare = vi.spyOn(DB, "prepare");
  await index.overdue(1, 1);
  await index.needs();
  await index.list({ state: "PARTIALLY_COMPENSATED", limit: 1 });
  const queries = prepare.mock.calls.map(([sql]) => sql);
  expect(queries).toHaveLength(3);
  for (const sql of queries) {
    const { results } = await DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).all<{ detail: string }>();
    expect(results[0]?.detail).toMatch(/^SEARCH saga_index USING INDEX saga_index_open/);
  }
});

it("objects that many sagas share are asked for their alarm, also where one does not answer", async () => {
  const asked: number[] = [];
  const shared = [1, 2, 3].map(
    (n) =>
      ({
        restore: async () => {
          asked.push(n);
          if (n === 2) throw new Error("broken");
        },
      }) as Partial<SagaObject> as SagaObject,
  );
  const index = new SagaIndex(d1("migrations/checkout"));
  await index.publish(snapshot("lost", { dueAt: 0 }));
  const { woken, objectOf } = objects({ lost: () => snapshot("lost") });
  await sweep(index, { of: objectOf, shared }, 2 * MINUTE);
  expect(asked).toEqual([1, 2, 3]);
  expect(woken).toEqual(["lost"]);
});
