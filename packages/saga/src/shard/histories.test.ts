import { newTrace } from "@weft/mesh";
import { expect, it } from "vitest";
import type { Logged } from "../event.ts";
import { RETENTION } from "../retention.ts";
import type { Head } from "../store.ts";
import { trip } from "../testing/definition.ts";
import { sqlite } from "../testing/sqlite.ts";
import { Histories, PERIOD } from "./histories.ts";

const headOf = (id: string, startedAt = 1): Head => ({
  id,
  plan: trip.plan,
  hash: trip.hash,
  input: { to: "Rome" },
  trace: newTrace(),
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
const none = () => false;

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

it("forgets a period's sagas together, when the last of them ended 30 days ago", () => {
  const db = sqlite();
  const histories = new Histories(db);
  const long = histories.of("long");
  long.begin(headOf("long"), started);
  histories.of("next").begin(headOf("next", PERIOD), { ...started, at: PERIOD });
  const over = PERIOD + 5_000;
  long.append([{ ...ended, at: over }]);
  const tables = () => db.rows("SELECT name FROM sqlite_master").map(({ name }) => name);

  expect(histories.expiry).toBe(PERIOD + RETENTION);
  histories.expire(PERIOD + RETENTION, none);
  expect(tables()).toEqual(["history_0", "history_1"]);
  // It is not looked at again at once.
  expect(histories.expiry).toBe(PERIOD + RETENTION + 86_400_000);
  histories.expire(PERIOD + RETENTION + 86_400_000, none);
  expect(tables()).toEqual(["history_1"]);
  expect(histories.of("long").load()).toBeUndefined();
  expect(histories.of("next").load()).toBeDefined();
});

it("forgets nothing of a period with a saga that has not ended", () => {
  const histories = new Histories(sqlite());
  histories.of("live").begin(headOf("live"), started);
  histories.expire(10 * PERIOD, (table) => table === "history_0");
  expect(histories.of("live").load()).toBeDefined();
  histories.expire(11 * PERIOD, none);
  expect(histories.of("live").load()).toBeUndefined();
  expect(histories.expiry).toBeUndefined();
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
  expect(db.rows("SELECT name FROM sqlite_master")).toEqual([{ name: "history_0" }]);
}
