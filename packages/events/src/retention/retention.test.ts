import { taskQueue } from "../index.ts";
import { command, contract, invoke, newTrace, rootContext, service } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { serve } from "@weft/testkit/serve";
import { drizzle } from "drizzle-orm/d1";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { commandsOf } from "../commands/command.ts";
import { database } from "../database/database.ts";
import type { Aggregate } from "../event-sourcing/aggregate.ts";
import { load } from "../event-sourcing/load.ts";
import { openShop, orders, schema } from "../fixture/shop.ts";
import { trimInbox } from "./inbox.ts";
import { cutLog } from "./log.ts";
import { DAY } from "./trim.ts";

const NOW = Date.UTC(2026, 10, 21, 12);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
const quiet = () => vi.spyOn(console, "log").mockReturnValue();

describe("the inbox", () => {
  it("forgets after 30 days what neither queue nor log can bring back", async () => {
    const shop = openShop();
    await shop.place("ord_1");
    const [message] = shop.queue.drain();
    await shop.deliver(message);
    later(29 * DAY);
    await shop.place("ord_2");
    await shop.deliver(...shop.queue.drain());
    await shop.shippingSide.cron(new Date());
    expect(await shop.inboxSize()).toBe(2);
    later(2 * DAY);
    await shop.shippingSide.cron(new Date());
    expect(await shop.inboxSize()).toBe(1);
    await shop.shippingSide.cron(new Date());
    expect(await shop.lines()).toEqual(["placed ord_1", "placed ord_2"]);
  });

  it("forgets nothing that the log would bring again, however old it is", async () => {
    quiet();
    const shop = openShop();
    const { ORDERS } = shop.env;
    await shop.place("ord_1");
    await shop.place("ord_2");
    // The first is lost, so the cursor stays before it, and the log is away.
    await shop.deliver(shop.queue.drain()[1]);
    shop.env["ORDERS"] = { fetch: () => Promise.reject(new Error("down")) };
    later(40 * DAY);
    await shop.shippingSide.cron(new Date());
    shop.env["ORDERS"] = ORDERS;
    await shop.shippingSide.cron(new Date());
    expect(await shop.lines()).toEqual(["placed ord_2", "placed ord_1"]);
    expect(await shop.inboxSize()).toBe(1);
  });

  it("is not needed for an event that a queue takes only after months", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    quiet();
    const shop = openShop();
    shop.queue.outage = new Error("There is no such queue.");
    await shop.place("ord_1");
    await shop.shippingSide.cron(new Date());
    later(40 * DAY);
    await shop.shippingSide.cron(new Date());
    expect(await shop.inboxSize()).toBe(0);
    shop.queue.outage = undefined;
    await shop.place("ord_2");
    await shop.ordersSide.cron(new Date());
    const late = shop.queue.drain();
    expect(late).toHaveLength(2);
    await shop.deliver(...late);
    expect(await shop.lines()).toEqual(["placed ord_1", "placed ord_2"]);
  });

  it("keeps what comes in while it is cleaned", async () => {
    const shop = openShop();
    const insert = (id: string, at: number) =>
      shop.shippingDb.prepare("INSERT INTO inbox VALUES ('/services/orders', ?, ?)").bind(id, at).run();
    await insert("old", 0);
    let looked = false;
    const db = drizzle({
      prepare(query: string) {
        const wrap = (statement: D1PreparedStatement): object => ({
          bind: (...values: unknown[]) => wrap(statement.bind(...values)),
          raw: async () => {
            const rows = await statement.raw();
            if (!looked) await insert("new", NOW);
            looked = true;
            return rows;
          },
        });
        return wrap(shop.shippingDb.prepare(query));
      },
    } as never);
    await trimInbox(db, [], NOW);
    expect(await shop.inboxSize()).toBe(1);
  });

  it("is not needed for a dead letter's replay, which takes effect once at any age", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const shop = openShop();
    await shop.place("bad");
    const [message] = shop.queue.drain();
    await shop.deliver(message);
    await shop.bury(message);
    later(90 * DAY);
    await shop.shippingSide.cron(new Date());
    const [letter] = (await shop.letters.deadLetters({})).items;
    await shop.shippingDb.prepare("DROP TABLE shipments").run();
    await shop.shippingDb.prepare("CREATE TABLE shipments (n integer primary key, line text)").run();
    for (let n = 0; n < 2; n++)
      expect(await shop.letters.replayDeadLetter({ id: letter?.id ?? "" })).toMatchObject({
        status: "replayed",
      });
    later(29 * DAY);
    await shop.shippingSide.cron(new Date());
    await shop.deliver(message);
    expect(await shop.lines()).toEqual(["placed bad"]);
  });

  it("is cleaned so many rows at a time, and the next run goes on", async () => {
    const shop = openShop();
    await shop.shippingDb
      .prepare(
        `INSERT INTO inbox WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10600)
        SELECT '/services/orders', 'evt_' || i, 0 FROM n`,
      )
      .run();
    await shop.shippingSide.cron(new Date());
    expect(await shop.inboxSize()).toBe(600);
    await shop.shippingSide.cron(new Date());
    expect(await shop.inboxSize()).toBe(0);
  });
});

describe("settled dead letters", () => {
  it("go 30 days after they were settled, and open ones stay", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const shop = openShop();
    await shop.bury({ no: "event" }, { nor: "this" });
    const [letter] = (await shop.letters.deadLetters({})).items;
    await shop.letters.discardDeadLetter({ id: letter?.id ?? "", reason: "a test" });
    later(29 * DAY);
    await shop.shippingSide.cron(new Date());
    expect((await shop.letters.deadLetters({})).total).toBe(2);
    later(2 * DAY);
    await shop.shippingSide.cron(new Date());
    expect((await shop.letters.deadLetters({})).items).toMatchObject([{ status: "dead" }]);
  });
});

describe("tasks", () => {
  const worker = contract(
    "worker",
    { nothing: command("POST /internal/nothing", { output: z.object({}), allow: [] }) },
    { commands: { work: z.object({ fail: z.boolean().optional() }) }, senders: ["boss"] },
  );
  const workerWorker = service(worker, {
    use: [
      database({ schema }),
      taskQueue<typeof worker.commands, object>({
        contract: worker,
        retry: { permanent: ["INTERNAL"] },
        handlers: {
          work({ data }) {
            if (data.fail) throw new Error("It cannot be done.");
          },
        },
      }),
    ],
    handlers: { nothing: async () => ({}) },
  });

  it("go 30 days after they came, but for those that wait for an operator", async () => {
    const DB = d1("packages/events/src/fixture");
    const served = serve(workerWorker, { DB });
    const commands = [{}, { fail: true }].map((data, n) => {
      const id = `cmd_${n}`;
      return { id, type: "work", data, priority: 0, dueAt: NOW, traceparent: "" };
    });
    const transport = served.binding("boss");
    await invoke(commandsOf("worker"), { commands }, transport, rootContext(newTrace()));
    await served.cron(new Date());
    const left = async () => (await DB.prepare("SELECT id FROM tasks").all()).results;
    later(29 * DAY);
    await served.cron(new Date());
    expect(await left()).toHaveLength(2);
    later(2 * DAY);
    await served.cron(new Date());
    expect(await left()).toEqual([{ id: "cmd_1" }]);
    expect((await DB.prepare("SELECT * FROM inbox").all()).results).toEqual([]);
  });
});

describe("a log", () => {
  const seqs = async (shop: ReturnType<typeof openShop>) => (await shop.events()).map(({ seq }) => seq);

  it("is kept for ever unless its publisher says otherwise", async () => {
    const shop = openShop();
    await shop.place("ord_1");
    later(10_000 * DAY);
    await shop.ordersSide.cron(new Date());
    expect(await seqs(shop)).toEqual([1, 2]);
  });

  it("is cut where it is older than its publisher keeps, but for each subject's last event", async () => {
    const shop = openShop({ keep: 90 });
    await shop.place("ord_1");
    await shop.place("ord_2");
    later(89 * DAY);
    await shop.place("ord_3");
    await shop.ordersSide.cron(new Date());
    expect(await seqs(shop)).toEqual([1, 2, 3, 4, 5, 6]);
    later(2 * DAY);
    await shop.ordersSide.cron(new Date(Date.now() + 60_000));
    expect(await seqs(shop)).toHaveLength(6);
    await shop.ordersSide.cron(new Date());
    expect(await seqs(shop)).toEqual([2, 4, 5, 6]);
    // Its number follows the one that was kept.
    await shop.log("order.cancelled", "ord_1");
    expect(await shop.events()).toContainEqual(expect.objectContaining({ subject: "ord_1", subject_seq: 3 }));
  });

  it("never loses what was not sent, nor what comes after it", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const shop = openShop({ keep: 90 });
    await shop.place("ord_1");
    shop.queue.sendBatch = () => Promise.reject(new Error("full"));
    await shop.place("ord_2");
    await shop.place("ord_3");
    await shop.log("order.noted", "ord_3");
    later(91 * DAY);
    await shop.ordersSide.cron(new Date());
    expect(await seqs(shop)).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it("tells a reader who is before the cut so, with what to do, and others get what they want", async () => {
    const warned = quiet();
    const shop = openShop({ keep: 90 });
    await shop.place("ord_1");
    await shop.place("ord_2");
    later(91 * DAY);
    await shop.place("ord_3");
    await shop.ordersSide.cron(new Date());
    await shop.shippingSide.cron(new Date());
    expect(await shop.lines()).toEqual([]);
    const line = warned.mock.calls.flat().join();
    expect(line).toContain("EVENTS_GONE");
    expect(line).toContain("whole from event 4 on, and those after 0 were asked for");
    expect(line).toContain("set its cursor to 3");
    await shop.shippingDb.prepare("INSERT INTO cursors (source, seq) VALUES ('/services/orders', 3)").run();
    await shop.shippingSide.cron(new Date());
    expect(await shop.lines()).toEqual(["placed ord_3"]);
  });

  const total: Aggregate<number, typeof orders.events> = {
    name: "total",
    contract: orders,
    initial: 0,
    apply: { "order.noted": (state, { data }) => state + data.amount },
  };

  it("keeps the subjects that aggregates are made of, and an aggregate with a gap is an error", async () => {
    const shop = openShop();
    await shop.place("ord_1", 5);
    await shop.log("order.noted", "ord_1");
    await shop.log("order.cancelled", "ord_2");
    await shop.log("order.cancelled", "ord_2");
    const db = drizzle(shop.ordersDb);
    const muchLater = NOW + 1_000 * DAY;
    await cutLog(db, { keep: 90, sourced: [total as never] }, muchLater);
    expect(await seqs(shop)).toEqual([1, 2, 3, 5]);
    expect(await load(db, total, "ord_1")).toMatchObject({ state: 6, version: 3 });
    await cutLog(db, { keep: 90, sourced: [] }, muchLater);
    await expect(load(db, total, "ord_1")).rejects.toMatchObject({ code: "EVENTS_GONE" });
  });
});
