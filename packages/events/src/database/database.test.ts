import { describe, expect, it, vi } from "vitest";
import { hasCode, newTrace, rootContext } from "@weft/mesh";
import { call } from "@weft/testkit/call";
import { TestQueue } from "@weft/testkit/queue";
import { scope } from "@weft/testkit/scope";
import { drizzle } from "drizzle-orm/d1";
import { database, transact } from "./database.ts";
import { publisher } from "../log/publisher.ts";
import { openShop, orders, ordersWorker, schema } from "../fixture/shop.ts";

describe("a unit of work", () => {
  it("commits business rows and event rows together", async () => {
    const shop = openShop();
    await shop.place("a");
    expect(await shop.orders()).toEqual([{ id: "a", amount: 1 }]);
    expect(await shop.events()).toMatchObject([
      { seq: 1, type: "order.placed", subject: "a", subject_seq: 1 },
      { seq: 2, type: "order.noted", subject: "a", subject_seq: 2 },
    ]);
  });

  it("leaves no event behind when a business row is refused", async () => {
    const shop = openShop();
    await expect(shop.place("a", 0)).rejects.toSatisfy((error) => hasCode(error, "AMOUNT_INVALID"));
    expect(await shop.events()).toEqual([]);
    expect(shop.queue.drain()).toEqual([]);
  });

  it("leaves no business row behind when an event is refused", async () => {
    const shop = openShop();
    await shop.ordersDb.exec("CREATE TRIGGER t BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END");
    await expect(shop.place("a")).rejects.toThrow("INTERNAL");
    expect(await shop.orders()).toEqual([]);
  });

  it("writes nothing when the handler throws", async () => {
    const shop = openShop();
    await expect(shop.place("a", 13)).rejects.toThrow("INTERNAL");
    expect(await shop.orders()).toEqual([]);
    expect(await shop.events()).toEqual([]);
  });

  it("numbers the log without holes, also after rolled-back work, and each subject from 1", async () => {
    const shop = openShop();
    await shop.place("a");
    await expect(shop.place("b", 0)).rejects.toThrow("AMOUNT_INVALID");
    await expect(shop.place("a", 1)).rejects.toThrow("INTERNAL");
    await Promise.all([shop.place("c"), shop.place("d")]);
    expect((await shop.events()).map(({ seq, subject_seq }) => [seq, subject_seq])).toEqual([
      [1, 1],
      [2, 2],
      [3, 1],
      [4, 2],
      [5, 1],
      [6, 2],
    ]);
  });

  it("runs the handler again when somebody else was faster, with a fresh unit of work", async () => {
    const shop = openShop();
    await shop.place("a");
    const db = drizzle(shop.ordersDb);
    let runs = 0;
    const write = transact(scope(), db, { publisher: publisher(orders, { to: {} }) }, async (tx) => {
      runs++;
      tx.rerunOn("orders.id");
      tx.emit("order.cancelled", "x", { orderId: "x", amount: runs });
      if (runs === 1) tx.add(db.run("INSERT INTO orders VALUES ('a', 1)") as never);
    });
    await write;
    expect(runs).toBe(2);
    expect((await shop.events()).filter(({ subject }) => subject === "x")).toHaveLength(1);
  });

  it("sends what may be lost after the commit, once, and nothing of work that failed", async () => {
    const shop = openShop();
    const db = drizzle(shop.ordersDb);
    const queue = new TestQueue();
    const pending: Promise<unknown>[] = [];
    const surroundings = {
      ...scope(),
      env: { HINTS: queue },
      waitUntil: (work: Promise<unknown>) => void pending.push(work),
    };
    const hint = (fails: boolean) =>
      transact(surroundings, db, {}, async (tx) => {
        tx.fireAndForget("HINTS", { n: 1 });
        tx.fireAndForget("NOWHERE", { n: 2 });
        if (fails) tx.add(db.run("INSERT INTO nothing VALUES (1)") as never);
      });
    await expect(hint(true)).rejects.toThrow();
    expect(pending).toEqual([]);
    const spy = vi.spyOn(console, "warn").mockReturnValue();
    const line = vi.spyOn(console, "log").mockReturnValue();
    await hint(false);
    await Promise.all(pending);
    expect(queue.drain()).toEqual([{ n: 1 }]);
    expect([...spy.mock.calls, ...line.mock.calls].join()).toContain("No queue binding NOWHERE");
    vi.restoreAllMocks();
  });

  it("gives up after three runs with an error that says that trying again makes sense", async () => {
    const shop = openShop();
    await shop.place("a");
    const db = drizzle(shop.ordersDb);
    let runs = 0;
    const write = transact(scope(), db, {}, async (tx) => {
      runs++;
      tx.rerunOn("orders.id");
      tx.add(db.run("INSERT INTO orders VALUES ('a', 1)") as never);
    });
    await expect(write).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(runs).toBe(3);
  });

  it("reads the schema once, and opens one session for all who work for a call", () => {
    const env = { DB: openShop().ordersDb };
    const { resources } = database({ schema });
    const call = scope({ env });
    const open = (each: typeof call) => resources?.(each, undefined as never).db;
    expect(open(call)).toBe(open({ ...call }));
    const other = open(scope({ env }));
    expect(other).not.toBe(open(call));
    expect(other?._.schema).toBe(open(call)?._.schema);
  });
});

describe("GET /internal/events", () => {
  const log = publisher(orders, { to: {} }).log.operation;

  it("gives the log in pages with its head, as envelopes of the publisher's trace", async () => {
    const shop = openShop();
    const trace = newTrace();
    await shop.ordersSide
      .client(orders, { caller: "test", ...rootContext(trace) })
      .place({ orderId: "a", amount: 5 });
    const page = await call(ordersWorker, {
      operation: log,
      env: { DB: shop.ordersDb },
      input: { after: 1, limit: 1 },
    });
    expect(page.status).toBe(200);
    expect(page.body).toMatchObject({
      head: 2,
      items: [
        {
          specversion: "1.0",
          source: "/services/orders",
          type: "order.noted",
          sequence: 2,
          subjectsequence: 2,
        },
      ],
    });
    const end = await call(ordersWorker, { operation: log, env: { DB: shop.ordersDb }, input: { after: 2 } });
    expect(end.body).toEqual({ items: [], head: 2 });
  });

  it.each([{ limit: 501 }, { limit: 0 }, { after: -1 }])("refuses %j", async (input) => {
    const shop = openShop();
    const answer = await call(ordersWorker, { operation: log, env: { DB: shop.ordersDb }, input });
    expect(answer.status).toBe(400);
  });

  it("is for the publisher's readers only", async () => {
    const shop = openShop();
    const answer = await call(ordersWorker, {
      operation: log,
      env: { DB: shop.ordersDb },
      caller: "gateway",
    });
    expect(answer.status).toBe(403);
  });
});
