import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openShop } from "../fixture/shop.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
});

describe("catching up from the publisher's log", () => {
  it("applies exactly once what the queue has lost, in the log's order", async () => {
    const shop = openShop();
    for (const id of ["a", "b", "c"]) await shop.place(id);
    await shop.log("order.cancelled", "a");
    const messages = shop.queue.drain();
    await shop.shippingSide.queue("shipping-events", [messages[1]]);

    await shop.shippingSide.cron(new Date());
    expect(await shop.lines()).toEqual(["placed b", "placed a", "placed c", "cancelled a"]);
    expect(await shop.cursor()).toBe(7);

    // The lost ones turn up after all, and the cron runs again.
    await shop.shippingSide.queue("shipping-events", messages);
    await shop.shippingSide.cron(new Date());
    expect(await shop.lines()).toHaveLength(4);
  });

  it("lets a reader see what was written before it asked", async () => {
    const shop = openShop();
    await shop.place("a");
    expect(await shop.list()).toEqual({ upToDate: true, lines: ["placed a"] });
    await shop.place("b");
    expect(await shop.list()).toEqual({ upToDate: true, lines: ["placed a", "placed b"] });
  });

  it("stays exactly-once with queue deliveries and several pulls at the same time", async () => {
    const shop = openShop();
    const ids = Array.from({ length: 20 }, (_, n) => `o${n}`);
    for (const id of ids) await shop.place(id);
    const messages = shop.queue.drain();
    await Promise.all([
      shop.list(),
      shop.shippingSide.queue("shipping-events", messages.slice(0, 12)),
      shop.list(),
      shop.shippingSide.queue("shipping-events", messages.slice(8).toReversed()),
      shop.shippingSide.cron(new Date()),
    ]);
    expect(await shop.list()).toMatchObject({ upToDate: true });
    expect((await shop.lines()).toSorted()).toEqual(ids.map((id) => `placed ${id}`).toSorted());
    expect(await shop.cursor()).toBe(40);
  });

  it("never takes the cursor back, whoever commits last", async () => {
    const shop = openShop();
    await shop.place("a");
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    shop.env.HOOK = () => {
      shop.env.HOOK = undefined;
      entered.resolve();
      return gate.promise;
    };
    const slow = shop.list();
    await entered.promise;
    await shop.place("b");
    await shop.list();
    expect(await shop.cursor()).toBe(4);
    gate.resolve();
    await slow;
    expect(await shop.cursor()).toBe(4);
    expect((await shop.lines()).toSorted()).toEqual(["placed a", "placed b"]);
  });

  it("reads a log of several pages, and stops at its limit", async () => {
    const shop = openShop();
    for (let n = 0; n < 250; n++) await shop.log("order.placed", `o${n}`);
    expect((await shop.list({ limit: 120 })).upToDate).toBe(false);
    expect(await shop.cursor()).toBe(120);
    const { upToDate, lines } = await shop.list();
    expect(upToDate).toBe(true);
    expect(lines).toEqual(Array.from({ length: 250 }, (_, n) => `placed o${n}`));
  });

  it("tells when the publisher cannot be reached, and answers with what there is", async () => {
    const shop = openShop();
    await shop.place("a");
    await shop.list();
    shop.env["ORDERS"] = { fetch: () => Promise.reject(new Error("connection lost")) };
    expect(await shop.list({ timeout: 20 })).toEqual({ upToDate: false, lines: ["placed a"] });
    await expect(shop.shippingSide.cron(new Date())).resolves.toBeUndefined();
  });

  it("tells when it may not read the publisher's log", async () => {
    const shop = openShop();
    await shop.place("a");
    shop.env["ORDERS"] = shop.ordersSide.binding("stranger");
    expect(await shop.list()).toEqual({ upToDate: false, lines: [] });
  });

  it("gives up in time when the publisher hangs", async () => {
    const shop = openShop();
    shop.env["ORDERS"] = {
      fetch: (request: Request) =>
        new Promise((_, reject) => {
          request.signal.addEventListener("abort", () => reject(request.signal.reason as Error));
        }),
    };
    const started = performance.now();
    expect(await shop.list({ timeout: 20 })).toEqual({ upToDate: false, lines: [] });
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it("does nothing by cron without a binding to the publisher", async () => {
    const shop = openShop();
    await shop.place("a");
    shop.env["ORDERS"] = undefined;
    await shop.shippingSide.cron(new Date());
    expect(await shop.lines()).toEqual([]);
  });

  describe("with an event that cannot be applied", () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 }));
    afterEach(() => void vi.useRealTimers());
    const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

    it("applies the others, but none of its subject's later ones, and tries it again by cron", async () => {
      const shop = openShop();
      for (const id of ["a", "b"]) await shop.place(id);
      await shop.log("order.cancelled", "a");
      await shop.place("c");
      let failures = 1;
      shop.env.HOOK = (subject) => {
        if (subject === "a" && failures-- > 0) throw new Error("boom");
      };
      expect(await shop.list()).toEqual({ upToDate: false, lines: ["placed b", "placed c"] });
      expect(await shop.cursor()).toBe(0);

      later(60_000);
      await shop.shippingSide.cron(new Date());
      const lines = ["placed b", "placed c", "placed a", "cancelled a"];
      expect(await shop.list()).toEqual({ upToDate: true, lines });
      expect(await shop.cursor()).toBe(7);
    });

    it("lets readers read only what is new, and says that they are behind", async () => {
      const shop = openShop();
      const pulled: number[] = [];
      const log = shop.ordersSide.binding("shipping");
      shop.env["ORDERS"] = {
        fetch: (request: Request) => {
          pulled.push(Number(new URL(request.url).searchParams.get("after")));
          return log.fetch(request);
        },
      };
      let tries = 0;
      shop.env.HOOK = (subject) => {
        if (subject !== "bad") return;
        tries++;
        throw new Error("boom");
      };
      await shop.log("order.placed", "bad");
      for (let n = 0; n < 150; n++) await shop.log("order.placed", `o${n}`);
      expect((await shop.list()).upToDate).toBe(false);
      await shop.log("order.placed", "new");
      pulled.length = 0;
      const { upToDate, lines } = await shop.list();
      expect({ upToDate, newest: lines.at(-1) }).toEqual({ upToDate: false, newest: "placed new" });
      await shop.list();
      expect(pulled).toEqual([151, 152]);
      expect(tries).toBe(1);
    });

    it("tries it less and less often, until it is dead and holds up nothing any more", async () => {
      const shop = openShop();
      const tries: number[] = [];
      shop.env.HOOK = () => {
        tries.push((Date.now() - 1_000_000) / 60_000);
        throw new Error("boom");
      };
      await shop.log("order.placed", "x");
      expect(await shop.list()).toMatchObject({ upToDate: false });
      for (let minute = 0; minute < 60; minute++) {
        await shop.shippingSide.cron(new Date());
        later(60_000);
      }
      expect(tries).toEqual([0, 1, 2, 4, 8, 16]);
      expect((await shop.letters.deadLetters({})).items).toMatchObject([{ status: "dead", attempts: 6 }]);
      expect(await shop.cursor()).toBe(1);
      expect(await shop.list()).toEqual({ upToDate: true, lines: [] });
    });

    it("passes over it at the next cron run once the queue has given it up", async () => {
      const shop = openShop();
      await shop.place("a");
      const [placed] = shop.queue.drain();
      shop.env.HOOK = () => {
        throw new Error("boom");
      };
      for (let n = 0; n < 3; n++) {
        later(120_000);
        await shop.shippingSide.cron(new Date());
      }
      expect((await shop.list()).upToDate).toBe(false);
      await shop.bury(placed);
      await shop.shippingSide.cron(new Date());
      expect(await shop.list()).toEqual({ upToDate: true, lines: [] });
      expect((await shop.letters.deadLetters({})).items).toMatchObject([{ status: "dead", attempts: 3 }]);
    });
  });

  it("does not trust its cursor when the publisher's log was restored to an earlier state", async () => {
    const shop = openShop();
    await shop.place("a");
    await shop.list();
    await shop.ordersDb.exec("DELETE FROM events");
    expect((await shop.list()).upToDate).toBe(false);
  });
});
