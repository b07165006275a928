import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { header, newTrace, type Trace } from "@weft/mesh";
import { beforeAll, expect, it } from "vitest";
import { migrate } from "../test/migrate.ts";
import { requests, worldOf } from "../test/worker.ts";
import { SagaIndex } from "./saga-index.ts";
import { Histories, PERIOD } from "./shard/histories.ts";
import { objectsIn, placeOf } from "./shard/places.ts";
import { sweep } from "./sweep.ts";
import { trip } from "./testing/definition.ts";

const { SAGAS, DB } = env as unknown as { SAGAS: DurableObjectNamespace; DB: D1Database };
const stubOf = (id: string) => SAGAS.getByName(placeOf(id, 2));
const objects = objectsIn(SAGAS, { shards: 2 });
const objectOf = objects.of;
const request = (id: string, trace: Trace = newTrace()) => ({
  id,
  definition: trip.name,
  version: trip.version,
  input: { to: "Rome" },
  trace,
  principal: { sub: "usr_1", scopes: ["user"] },
});

/** Puts a saga into an object as another process left it: an attempt was announced, its outcome never came. */
async function leaveInterrupted(id: string): Promise<void> {
  await runInDurableObject(stubOf(id), (_, { storage }) => {
    const { plan, hash } = trip;
    const at = Date.now();
    const store = new Histories(storage).of(id);
    storage.sql.exec("CREATE TABLE IF NOT EXISTS timers (saga TEXT PRIMARY KEY, due INTEGER) WITHOUT ROWID");
    storage.sql.exec("INSERT INTO timers VALUES (?, ?)", id, at);
    const { definition: _definition, version: _version, ...rest } = request(id);
    store.begin({ ...rest, plan, hash, startedAt: at }, { type: "started", at });
    store.append([{ type: "intent", step: "flight", phase: "do", attempt: 1, epoch: 1, at }]);
  });
}

beforeAll(() => migrate(DB));

it("runs a saga to its end and tells the index", async () => {
  expect(await objectOf("happy").start(request("happy"))).toBe("begun");
  expect(await objectOf("happy").wait("happy", 5_000)).toMatchObject({
    state: "COMPLETED",
    settled: true,
    results: { mail: { step: "mail" } },
  });
  expect(worldOf("happy").standing).toHaveLength(6);
  const row = await DB.prepare("SELECT state, next_due_at FROM saga_index WHERE id = 'happy'").first();
  expect(row).toEqual({ state: "COMPLETED", next_due_at: null });
  await runInDurableObject(stubOf("happy"), async (_, { storage }) => {
    // A row for the beginning, one for each intent with the outcome before it, one for the end.
    const rows = `SELECT count(*) AS rows FROM history_${Math.floor(Date.now() / PERIOD)} WHERE saga = 'happy'`;
    expect(storage.sql.exec(rows).one()).toEqual({ rows: 8 });
    // Nothing is to be looked at any more.
    expect(storage.sql.exec("SELECT * FROM timers WHERE saga = 'happy'").toArray()).toEqual([]);
    expect(await storage.getAlarm()).not.toBeNull();
  });
});

it("sends each step with its fence key, the starter's trace, principal and region, a deadline and the first claim to room", async () => {
  const trace = newTrace();
  await objectOf("headers").start({ ...request("headers", trace), region: "EU" });
  await objectOf("headers").wait("headers", 5_000);
  const sent = requests.filter(({ headers }) => headers.get(header.saga) === "headers");
  expect(sent.map(({ headers }) => `${headers.get(header.step)} ${headers.get(header.attempt)}`)).toEqual(
    trip.plan.steps.map(({ name }) => `${name} 1`),
  );
  for (const { headers } of sent) {
    expect(headers.get(header.traceparent)).toContain(trace.traceId);
    expect(headers.get(header.region)).toBe("EU");
    expect(headers.get(header.priority)).toBe("critical");
    expect(decodeURIComponent(headers.get(header.principal) ?? "")).toContain("usr_1");
    expect(Number(headers.get(header.remaining))).toBeGreaterThan(500);
  }
});

it("keeps the starter's region for the processes that come after", async () => {
  await objectOf("region").start({ ...request("region"), region: "EU" });
  await objectOf("region").wait("region", 5_000);
  await runInDurableObject(stubOf("region"), (_, { storage }) => {
    expect(new Histories(storage).of("region").load()?.head).toMatchObject({ region: "EU" });
  });
});

it("takes everything back under the steps' own names when one is refused", async () => {
  worldOf("refused", (step, phase) => (step === "car" && phase === "do" ? "business" : "ok"));
  await objectOf("refused").start(request("refused"));
  const snapshot = await objectOf("refused").wait("refused", 5_000);
  expect(snapshot).toMatchObject({
    state: "COMPENSATED",
    undone: ["flight", "hotel"],
    failure: { code: "NO_WAY", status: 409, step: "car" },
  });
  expect(worldOf("refused").standing).toEqual([]);
});

it("starts once: the same input joins, another one conflicts, another definition is unknown here", async () => {
  const object = objectOf("twice");
  const results = await Promise.all([object.start(request("twice")), object.start(request("twice"))]);
  expect(results).toEqual(["begun", "joined"]);
  expect(await object.start({ ...request("twice"), input: { to: "Oslo" } })).toBe("conflict");
  expect(await object.start({ ...request("twice"), version: 2 })).toBe("undefined-here");
  await object.wait("twice", 5_000);
  expect(worldOf("twice").attempts).toHaveLength(6);
});

it("says that a saga was never started", async () => {
  expect(await objectOf("never").get("never")).toBeUndefined();
  expect(await objectOf("never").resume("never")).toBeUndefined();
});

it("goes on by its alarm with what another process left behind", async () => {
  await leaveInterrupted("interrupted");
  await evictDurableObject(stubOf("interrupted"));
  await runInDurableObject(stubOf("interrupted"), (_, { storage }) => storage.setAlarm(Date.now() + 60_000));
  expect(await runDurableObjectAlarm(stubOf("interrupted"))).toBe(true);
  expect(worldOf("interrupted").attempts.slice(0, 2)).toEqual(["do flight 2", "do hotel 1"]);
  expect(await objectOf("interrupted").get("interrupted")).toMatchObject({ state: "COMPLETED" });
});

it("goes on without any alarm when the sweep wakes it", async () => {
  await leaveInterrupted("alarmless");
  await evictDurableObject(stubOf("alarmless"));
  await DB.prepare(
    "INSERT INTO saga_index (id, definition, state, started_at, updated_at, next_due_at) VALUES ('alarmless', 'trip', 'RUNNING', 0, 0, 0)",
  ).run();
  await sweep(new SagaIndex(DB), objects, Date.now());
  expect(await objectOf("alarmless").wait("alarmless", 5_000)).toMatchObject({ state: "COMPLETED" });
});

it("has the same state in the next process, and does nothing twice", async () => {
  await objectOf("again").start(request("again"));
  await objectOf("again").wait("again", 5_000);
  const before = await objectOf("again").get("again");
  await abortAllDurableObjects();
  expect(await objectOf("again").get("again")).toEqual(before);
  expect(worldOf("again").attempts).toHaveLength(6);
});
