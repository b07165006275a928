import { newTrace } from "@weft/mesh";
import { expect, it } from "vitest";
import type { Logged } from "../event.ts";
import { RETENTION } from "../retention.ts";
import type { Head } from "../store.ts";
import { trip } from "../testing/definition.ts";
import { sqlite } from "../testing/sqlite.ts";
import { Histories, PERIOD } from "./histories.ts";

const trace = newTrace();
const headOf = (id: string, startedAt = 1): Head => ({
  id,
  plan: trip.plan,
  hash: trip.hash,
  input: { to: "Rome" },
  trace,
  principal: { sub: "u1", scopes: ["user"] },
  startedAt,
});
const head = headOf("trip-1");
const started: Logged = { type: "started", at: 1 };
const later: Logged[] = [
  { type: "intent", step: "flight", phase: "do", attempt: 1, epoch: 1, at: 2 },
  { type: "done", step: "flight", phase: "do", attempt: 1, result: { step: "flight" }, at: 3 },
];
const ended: Logged = { type: "ended", state: "COMPLETED", at: 4 };

it("gives back what was written, in its order, also to the next process", () => {
  const db = sqlite();
  const store = new Histories(db).of("trip-1");
  expect(store.load()).toBeUndefined();
  store.begin(head, started);
  store.append(later);
  store.append([ended]);
  const next = new Histories(db).of("trip-1");
  expect(next.load()).toEqual({ head, log: [started, ...later, ended] });
});

it("keeps sagas apart, also where their rows are written in turns and in more than one process", () => {
  const db = sqlite();
  const first = new Histories(db);
  const [a, b] = [first.of("a"), first.of("b")];
  a.begin(headOf("a"), started);
  b.begin(headOf("b", PERIOD + 1), started);
  a.append(later);
  const again = new Histories(db).of("b");
  expect(again.load()?.log).toEqual([started]);
  again.append([ended]);
  a.append([ended]);
  const last = new Histories(db);
  expect(last.of("a").load()?.log).toEqual([started, ...later, ended]);
  expect(last.of("b").load()?.log).toEqual([started, ended]);
  expect(last.of("c").load()).toBeUndefined();
});

it("writes one row for each commit", () => {
  const db = sqlite();
  const store = new Histories(db).of("trip-1");
  store.begin(head, started);
  store.append(later);
  store.append([ended]);
  expect(db.rows("SELECT seq, at FROM history_0")).toEqual([
    { seq: 1, at: 1 },
    { seq: 2, at: 3 },
    { seq: 3, at: 4 },
  ]);
});

it("begins whole or not at all", () => {
  const store = new Histories(sqlite()).of("trip-1");
  expect(() => store.begin({ ...head, input: 1n }, started)).toThrow();
  expect(store.load()).toBeUndefined();
  store.begin(head, started);
  expect(store.load()).toEqual({ head, log: [started] });
});

it("holds nothing while it is only asked", () => {
  const db = sqlite();
  expect(new Histories(db).expiry).toBeUndefined();
  expect(new Histories(db).of("trip-1").load()).toBeUndefined();
  expect(db.rows("SELECT name FROM sqlite_master")).toEqual([]);
});

const tables = (db: ReturnType<typeof sqlite>) =>
  db
    .rows("SELECT name FROM sqlite_master WHERE name LIKE 'history%'")
    .map(({ name }) => String(name))
    .toSorted((a, b) => a.localeCompare(b));

it("forgets a period's sagas together, 30 days after it is over", () => {
  const db = sqlite();
  const histories = new Histories(db);
  histories.of("a").begin(headOf("a"), started);
  histories.of("a2").begin(headOf("a2"), started);
  histories.of("b").begin(headOf("b", PERIOD), { ...started, at: PERIOD });
  expect(histories.expiry).toBe(PERIOD + RETENTION);
  histories.expire(PERIOD + RETENTION - 1, undefined);
  expect(tables(db)).toEqual(["history_0", "history_1"]);
  histories.expire(PERIOD + RETENTION, undefined);
  expect(tables(db)).toEqual(["history_1"]);
  expect(histories.of("a").load()).toBeUndefined();
  expect(histories.of("b").load()).toBeDefined();
  histories.expire(2 * PERIOD + RETENTION, undefined);
  expect(histories.expiry).toBeUndefined();
});

it("carries on what has not ended, or not for 30 days, and forgets the rest", () => {
  const db = sqlite();
  const histories = new Histories(db);
  const now = PERIOD + RETENTION;
  const stores = ["live", "late", "over"].map((id) => {
    const store = histories.of(id);
    store.begin(headOf(id), started);
    store.append(later);
    return store;
  });
  db.sql.exec("CREATE TABLE live (saga TEXT)");
  db.sql.exec("INSERT INTO live VALUES ('live'), ('somewhere')");
  stores[1]?.append([{ ...ended, at: now - RETENTION + 1 }]);
  histories.expire(now, "live");
  expect(tables(db)).toEqual([`history_${now / PERIOD}`]);
  expect(histories.of("over").load()).toBeUndefined();
  expect(histories.of("late").load()?.log).toHaveLength(4);
  // The process that has it at hand writes where it is now.
  stores[0]?.append([ended]);
  expect(histories.of("live").load()?.log).toEqual([started, ...later, ended]);
  expect(new Histories(db).of("live").load()).toEqual({
    head: headOf("live"),
    log: [started, ...later, ended],
  });
});

it("forgets at another time what cannot be forgotten now, and takes new sagas meanwhile", () => {
  const db = sqlite();
  let isFull = true;
  const exec: typeof db.sql.exec = (query, ...rest) => {
    if (isFull && query.startsWith("DROP")) throw new Error("disk is full");
    return db.sql.exec(query, ...rest);
  };
  const histories = new Histories({ ...db, sql: { exec } });
  const now = PERIOD + RETENTION;
  const late = histories.of("late");
  late.begin(head, started);
  late.append([{ ...ended, at: now - 1 }]);
  expect(() => histories.expire(now, undefined)).toThrow("disk is full");
  histories.of("new").begin(headOf("new", now), { ...started, at: now });
  isFull = false;
  histories.expire(now, undefined);
  expect(tables(db)).toEqual([`history_${now / PERIOD}`]);
  for (const id of ["late", "new"]) expect(histories.of(id).load()).toBeDefined();
});

it("stores a plan once, and each saga goes by its own", () => {
  const db = sqlite();
  const histories = new Histories(db);
  const other = { ...trip.plan, version: 2 };
  for (const id of ["a", "b"]) histories.of(id).begin(headOf(id), started);
  // Limits are no part of a definition's hash.
  histories.of("c").begin({ ...headOf("c"), plan: other }, started);
  expect(db.rows("SELECT count(*) AS plans FROM plans")).toEqual([{ plans: 2 }]);
  const next = new Histories(db);
  expect(next.of("a").load()?.head.plan).toEqual(trip.plan);
  expect(next.of("b").load()?.head.plan).toBe(next.of("a").load()?.head.plan);
  expect(next.of("c").load()?.head.plan).toEqual(other);
});

it("adopts a saga that was stored as a head and a row for each event", () => {
  const db = sqlite();
  db.sql.exec("CREATE TABLE saga (head TEXT NOT NULL, indexed TEXT)");
  db.sql.exec("CREATE TABLE log (seq INTEGER PRIMARY KEY, event TEXT NOT NULL)");
  db.sql.exec("INSERT INTO saga (head) VALUES (?)", JSON.stringify(head));
  for (const event of [started, ...later])
    db.sql.exec("INSERT INTO log (event) VALUES (?)", JSON.stringify(event));
  expectAdopted(db);
});

it("adopts a saga that was alone in its object with a row for each commit", () => {
  const db = sqlite();
  db.sql.exec("CREATE TABLE history (seq INTEGER PRIMARY KEY, entry TEXT NOT NULL)");
  for (const entry of [{ head, log: [started] }, later])
    db.sql.exec("INSERT INTO history (entry) VALUES (?)", JSON.stringify(entry));
  expectAdopted(db);
});

function expectAdopted(db: ReturnType<typeof sqlite>): void {
  const histories = new Histories(db);
  expect(histories.adopted).toEqual({ head, log: [started, ...later] });
  const store = histories.of("trip-1");
  expect(store.load()).toEqual({ head, log: [started, ...later] });
  store.append([ended]);
  const next = new Histories(db);
  expect(next.adopted).toBeUndefined();
  expect(next.of("trip-1").load()).toEqual({ head, log: [started, ...later, ended] });
  expect(tables(db)).toEqual(["history_0"]);
}
