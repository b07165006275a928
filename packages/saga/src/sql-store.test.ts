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
      db.exec("DROP TABLE IF EXISTS history");
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
const started: Logged = { type: "started", at: 1 };
const later: Logged[] = [
  { type: "intent", step: "flight", phase: "do", attempt: 1, epoch: 1, at: 2 },
  { type: "done", step: "flight", phase: "do", attempt: 1, result: { step: "flight" }, at: 3 },
];
const ended: Logged = { type: "ended", state: "COMPLETED", at: 4 };

it("gives back what was written, in its order, also to the next process", () => {
  const db = sqlite();
  const store = new SqlStore(db);
  expect(store.load()).toBeUndefined();
  store.begin(head, started);
  store.append(later);
  store.append([ended]);
  expect(new SqlStore(db).load()).toEqual({ head, log: [started, ...later, ended] });
});

it("writes one row for each commit", () => {
  const db = sqlite();
  const store = new SqlStore(db);
  store.begin(head, started);
  store.append(later);
  store.append([ended]);
  expect(db.rows("SELECT seq FROM history")).toEqual([{ seq: 1 }, { seq: 2 }, { seq: 3 }]);
});

it("begins whole or not at all", () => {
  const db = sqlite();
  const store = new SqlStore(db);
  expect(() => store.begin({ ...head, input: 1n }, started)).toThrow();
  expect(store.load()).toBeUndefined();
  store.begin(head, started);
  expect(store.load()).toEqual({ head, log: [started] });
});

it("goes on with a saga that was stored as a head and a row for each event", () => {
  const db = sqlite();
  db.sql.exec("CREATE TABLE saga (head TEXT NOT NULL, indexed TEXT)");
  db.sql.exec("CREATE TABLE log (seq INTEGER PRIMARY KEY, event TEXT NOT NULL)");
  db.sql.exec("INSERT INTO saga (head) VALUES (?)", JSON.stringify(head));
  for (const event of [started, ...later])
    db.sql.exec("INSERT INTO log (event) VALUES (?)", JSON.stringify(event));
  const store = new SqlStore(db);
  expect(store.load()).toEqual({ head, log: [started, ...later] });
  store.append([ended]);
  expect(new SqlStore(db).load()).toEqual({ head, log: [started, ...later, ended] });
  expect(db.rows("SELECT name FROM sqlite_master")).toEqual([{ name: "history" }]);
});
