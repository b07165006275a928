import { rootContext, newTrace } from "@weft/mesh";
import { call } from "@weft/testkit/call";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openShop, orders, ordersWorker } from "../fixture/shop.ts";
import type { Envelope } from "./envelope.ts";
import { loggedEventOf } from "./logged-event.ts";
import { byteLength } from "./queue-batches.ts";
import { eventLogOf, LogPage } from "./read-log.ts";

const LARGE = "x".repeat(300_000);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
  vi.spyOn(console, "error").mockReturnValue();
});
afterEach(() => void vi.useRealTimers());

async function page(shop: ReturnType<typeof openShop>, input: { after?: number; limit?: number } = {}) {
  const operation = eventLogOf("orders", orders.readers);
  const { body } = await call(ordersWorker, { operation, env: { DB: shop.ordersDb }, input });
  return LogPage.parse(body);
}

/** The shop, with what the shipping service sees of its orders' notes. */
async function shopWith(note: string) {
  const shop = openShop();
  await shop.place("a", 1, note);
  return { ...shop, message: shop.queue.drain()[0] as Envelope };
}

describe("data too large for a message", () => {
  it("stays in the log; the message and the log's page say where", async () => {
    const shop = await shopWith(LARGE);
    expect(shop.message).not.toHaveProperty("data");
    expect(shop.message.dataref).toBe(`/internal/events/${shop.message.id}`);
    expect(byteLength(shop.message)).toBeLessThan(1_000);
    const { items } = await page(shop);
    expect(items[0]).toEqual({ ...shop.message, data: null });
  });

  it("reaches the handler whole, by queue and by log", async () => {
    for (const way of ["queue", "log"]) {
      const shop = await shopWith(LARGE);
      if (way === "queue") await shop.shippingSide.queue("shipping-events", [shop.message]);
      else await shop.shippingSide.cron(new Date());
      expect(await shop.lines()).toEqual(["placed a"]);
    }
  });

  it("is sent by a sweep as by the request itself", async () => {
    const shop = openShop();
    shop.queue.outage = new Error("queue is down");
    await shop.place("a", 1, LARGE);
    shop.queue.outage = undefined;
    vi.setSystemTime(Date.now() + 60_000);
    await shop.ordersSide.cron(new Date());
    expect(shop.queue.drain()).toMatchObject([{ subject: "a", dataref: expect.any(String) as string }]);
  });

  it("that cannot be fetched fails the event, which is tried again", async () => {
    const shop = await shopWith(LARGE);
    const { ORDERS } = shop.env;
    shop.env["ORDERS"] = undefined;
    expect(await shop.shippingSide.queue("shipping-events", [shop.message])).toEqual(["retried"]);
    shop.env["ORDERS"] = ORDERS;
    expect(await shop.shippingSide.queue("shipping-events", [shop.message])).toEqual(["acked"]);
  });

  it("is checked against the contract like any other", async () => {
    const shop = await shopWith(LARGE);
    await shop.ordersDb.exec("UPDATE events SET data = json_set(data, '$.amount', 'many')");
    expect(await shop.shippingSide.queue("shipping-events", [shop.message])).toEqual(["retried"]);
  });

  it("has a limit of 1 MB, and nothing is written beyond it", async () => {
    const shop = openShop();
    await expect(shop.place("a", 1, "x".repeat(1_048_576))).rejects.toThrow("INTERNAL");
    expect(await shop.orders()).toEqual([]);
    const line = vi.mocked(console.error).mock.calls.flat().join();
    expect(line).toMatch(
      /order.placed.* has \d+ bytes, and an event takes 1048576: store the data elsewhere/,
    );
  });
});

describe("GET /internal/events/:id", () => {
  const operation = loggedEventOf("orders", orders.readers);

  it("gives an event with all its data, to readers of the log only", async () => {
    const shop = await shopWith(LARGE);
    const as = { operation, env: { DB: shop.ordersDb }, input: { id: shop.message.id } };
    const { body } = await call(ordersWorker, as);
    expect(body).toMatchObject({ id: shop.message.id, data: { note: LARGE } });
    expect((await call(ordersWorker, { ...as, caller: "gateway" })).status).toBe(403);
    expect((await call(ordersWorker, { ...as, input: { id: "other" } })).status).toBe(404);
  });
});

describe("a page of the log", () => {
  it("has so many events as fit into 1 MB, one at least, and none is left out", async () => {
    const shop = openShop();
    const client = shop.ordersSide.client(orders, { caller: "test", ...rootContext(newTrace()) });
    for (let n = 0; n < 36; n++)
      await client.place({ orderId: `o${n}`, amount: 1, note: "x".repeat(n % 3 === 2 ? 300_000 : 60_000) });
    const seen: number[] = [];
    for (let pages = 0; seen.length < 72 && pages < 72; pages++) {
      const { items, head } = await page(shop, { after: seen.at(-1) ?? 0, limit: 500 });
      expect(head).toBe(72);
      expect(items.length).toBeGreaterThan(0);
      expect(byteLength(items)).toBeLessThan(1_100_000);
      seen.push(...items.map(({ sequence }) => sequence));
    }
    expect(seen).toEqual(Array.from({ length: 72 }, (_, index) => index + 1));
    expect((await page(shop, { limit: 2 })).items).toHaveLength(2);
  });
});
