import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Envelope } from "./envelope.ts";
import { openShop } from "../fixture/shop.ts";

const types = (messages: unknown[]) =>
  (messages as Envelope[]).map(({ type, subject }) => `${type} ${subject}`);
const unsent = (events: Record<string, unknown>[]) =>
  events.filter(({ sent_at }) => sent_at === null).map(({ seq }) => seq);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
  vi.spyOn(console, "error").mockReturnValue();
});
afterEach(() => vi.useRealTimers());

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

describe("the relay", () => {
  it("sends each event, once committed, to the queues that want its type", async () => {
    const shop = openShop();
    await shop.place("a");
    expect(types(shop.queue.drain())).toEqual(["order.placed a"]);
    expect(types(shop.audit.drain())).toEqual(["order.placed a", "order.noted a"]);
    expect(unsent(await shop.events())).toEqual([]);
  });

  it("does not send what was rolled back", async () => {
    const shop = openShop();
    await shop.place("a", 0).catch(() => undefined);
    await shop.ordersSide.settled();
    expect(shop.queue.batches + shop.audit.batches).toBe(0);
  });

  it("answers the request although the queue is down, and sends in a later sweep", async () => {
    const shop = openShop();
    shop.queue.outage = new Error("queue is down");
    await shop.place("a");
    expect(await shop.orders()).toHaveLength(1);
    expect(unsent(await shop.events())).toEqual([1]);

    later(6_000);
    await shop.ordersSide.cron(new Date());
    expect(unsent(await shop.events())).toEqual([1]);

    later(60_000);
    shop.queue.outage = undefined;
    await shop.ordersSide.cron(new Date());
    expect(types(shop.queue.drain())).toEqual(["order.placed a"]);
    expect(unsent(await shop.events())).toEqual([]);
  });

  it("leaves an event unsent until every queue has taken it", async () => {
    const shop = openShop();
    shop.audit.outage = new Error("queue is down");
    await shop.place("a");
    expect(types(shop.queue.drain())).toEqual(["order.placed a"]);
    expect(unsent(await shop.events())).toEqual([1, 2]);
  });

  it("does not sweep what a request is still sending", async () => {
    const shop = openShop();
    shop.queue.outage = new Error("queue is down");
    await shop.place("a");
    shop.queue.outage = undefined;
    later(4_000);
    await shop.ordersSide.cron(new Date());
    expect(shop.queue.drain()).toEqual([]);
  });

  it("sweeps oldest first, in bounded rounds that go on behind events which still fail", async () => {
    const shop = openShop();
    // 3 pages: the first two are for a queue that is down, the last event is for the other queue alone.
    for (let n = 0; n < 200; n++) await shop.log("order.placed", `p${n}`);
    await shop.log("order.noted", "last");
    await shop.ordersDb.exec("UPDATE events SET sent_at = NULL");
    shop.queue.outage = new Error("queue is down");
    await shop.ordersSide.cron(new Date());
    const audited = types(shop.audit.drain());
    expect(audited).toHaveLength(201);
    expect(audited[0]).toBe("order.placed p0");
    expect(audited.at(-1)).toBe("order.noted last");
    expect(unsent(await shop.events())).toHaveLength(200);
  });

  it("sends again only to the queues that have not taken an event", async () => {
    const shop = openShop();
    shop.queue.outage = new Error("queue is down");
    await shop.place("a");
    expect(types(shop.audit.drain())).toEqual(["order.placed a", "order.noted a"]);
    for (let minute = 0; minute < 3; minute++) {
      later(60_000);
      await shop.ordersSide.cron(new Date());
    }
    expect(shop.audit.drain()).toEqual([]);
    shop.queue.outage = undefined;
    later(60_000);
    await shop.ordersSide.cron(new Date());
    expect(types(shop.queue.drain())).toEqual(["order.placed a"]);
    expect(shop.audit.drain()).toEqual([]);
  });

  it("gives every event its turn, however many are stuck", async () => {
    const shop = openShop();
    for (let n = 0; n < 1_050; n++) await shop.log("order.placed", `p${n}`);
    await shop.ordersDb.exec("UPDATE events SET sent_at = NULL");
    shop.queue.outage = new Error("queue is down");
    await shop.ordersSide.cron(new Date());
    expect(shop.audit.drain()).toHaveLength(1_000);
    later(60_000);
    await shop.ordersSide.cron(new Date());
    expect(types(shop.audit.drain())).toContain("order.placed p1049");
    shop.queue.outage = undefined;
    for (let minute = 0; minute < 2; minute++) {
      later(60_000);
      await shop.ordersSide.cron(new Date());
    }
    expect(shop.queue.drain()).toHaveLength(1_050);
    expect(unsent(await shop.events())).toEqual([]);
  });

  it("does not throw when its own database fails", async () => {
    const shop = openShop();
    await shop.ordersDb.exec("ALTER TABLE events RENAME TO gone");
    await expect(shop.ordersSide.cron(new Date())).resolves.toBeUndefined();
  });
});
