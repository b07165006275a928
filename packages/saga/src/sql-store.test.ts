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
  for (const event of later) store.append(event, "RUNNING");
  expect(new SqlStore(db).load()).toEqual({ head, log: events, indexed: undefined });
  store.markIndexed("RUNNING");
  expect(new SqlStore(db).load()?.indexed).toBe("RUNNING");
});

it("writes an event and the saga's row together or not at all", () => {
  const db = sqlite();
  const store = new SqlStore(db);
  store.begin(head, started);
  const unwritable = { ...later[0], at: null } as unknown as Logged;
  expect(() => store.append(unwritable, "COMPENSATING")).toThrow(/NOT NULL/);
  expect(db.rows("SELECT state FROM saga")).toEqual([{ state: "RUNNING" }]);
  expect(db.rows("SELECT count(*) AS n FROM log")).toEqual([{ n: 1 }]);
});
