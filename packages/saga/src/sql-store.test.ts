import { DatabaseSync } from "node:sqlite";
import { newTrace } from "@weft/mesh";
import { expect, it } from "vitest";
import type { Logged } from "./event.ts";
import { type SqlDatabase, SqlStore } from "./sql-store.ts";
import type { Head } from "./store.ts";
import { trip } from "./testing/definition.ts";

function sqlite(): SqlDatabase & { rows(query: string): Record<string, unknown>[] } {
  const db = new DatabaseSync(":memory:");
  return {
    rows: (query) => db.prepare(query).all(),
    sql: {
      exec(query, ...bindings) {
        if (query.includes("CREATE TABLE")) db.exec(query);
        const rows = query.includes("CREATE TABLE") ? [] : db.prepare(query).all(...bindings);
        return { toArray: () => rows as Record<string, SqlStorageValue>[] };
      },
    },
    async deleteAll() {
      db.exec("DROP TABLE IF EXISTS saga; DROP TABLE IF EXISTS log");
    },
    transactionSync(work) {
      db.exec("BEGIN");
      try {
        const result = work();
        db.exec("COMMIT");
        return result;
      } catch (error) {
        db.exec("ROLLBACK");
        throw error;
      }
    },
  };
}

const head: Head = {
  id: "trip-1",
  plan: trip.plan,
  hash: trip.hash,
  input: { to: "Rome" },
  trace: newTrace(),
  principal: { sub: "u1", scopes: ["user"] },
  startedAt: 1,
};
const events: Logged[] = [
  { type: "started", at: 1 },
  { type: "intent", step: "flight", phase: "do", attempt: 1, epoch: 1, at: 2 },
  { type: "done", step: "flight", phase: "do", attempt: 1, result: { step: "flight" }, at: 3 },
];
const [started, ...later] = events as [Logged, ...Logged[]];

it("gives back what was written, in its order, also to the next process", () => {
  const db = sqlite();
  const store = new SqlStore(db);
  expect(store.load()).toBeUndefined();
  store.begin(head, started);
  for (const event of later) store.append(event);
  expect(new SqlStore(db).load()).toEqual({ head, log: events, indexed: "RUNNING" });
});

it("knows what the index was told: of the end what is written, before it what follows from the log", () => {
  const db = sqlite();
  const store = new SqlStore(db);
  const indexed = () => new SqlStore(db).load()?.indexed;
  store.begin(head, started);
  expect(indexed()).toBeUndefined();
  for (const event of later) store.append(event);
  store.markIndexed("RUNNING");
  expect(indexed()).toBe("RUNNING");
  expect(db.rows("SELECT indexed FROM saga")).toEqual([{ indexed: null }]);
  store.markIndexed("COMPLETED");
  expect(indexed()).toBe("COMPLETED");
});

it("writes what a saga begins with and its first event together or not at all", () => {
  const db = sqlite();
  const store = new SqlStore(db);
  const unwritable = undefined as unknown as Logged;
  expect(() => store.begin(head, unwritable)).toThrow();
  expect(store.load()).toBeUndefined();
});
