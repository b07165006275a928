import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Envelope } from "../log/envelope.ts";
import { openShop, shippingWorker } from "../fixture/shop.ts";

const lines: Record<string, unknown>[] = [];
beforeEach(() => {
  lines.length = 0;
  const keep = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  vi.spyOn(console, "log").mockImplementation(keep);
  vi.spyOn(console, "error").mockImplementation(keep);
});

async function shopWith(...orderIds: string[]) {
  const shop = openShop();
  for (const id of orderIds) await shop.place(id);
  const messages = shop.queue.drain() as Envelope[];
  return {
    ...shop,
    messages,
    deliver: (...bodies: unknown[]) => shop.shippingSide.queue("shipping-events", bodies),
  };
}

describe("a subscription's consumer", () => {
  it("commits the handler's rows, its event, the inbox row and the cursor together", async () => {
    const shop = await shopWith("a");
    expect(await shop.deliver(...shop.messages)).toEqual(["acked"]);
    await shop.shippingSide.settled();
    expect(await shop.lines()).toEqual(["placed a"]);
    expect([await shop.inboxSize(), await shop.cursor()]).toEqual([1, 1]);
    expect(shop.billing.drain()).toMatchObject([{ type: "shipment.created", source: "/services/shipping" }]);
  });

  it("writes none of them when one is refused, and asks for another delivery", async () => {
    const shop = await shopWith("bad");
    expect(await shop.deliver(...shop.messages)).toEqual(["retried"]);
    await shop.shippingSide.settled();
    expect([await shop.lines(), await shop.inboxSize(), await shop.cursor()]).toEqual([[], 0, 0]);
    expect(shop.billing.drain()).toEqual([]);
    expect((await shop.shippingDb.prepare("SELECT * FROM events").all()).results).toEqual([]);
  });

  it("applies a message that is delivered again only once, and does not run its handler again", async () => {
    const shop = await shopWith("a");
    const ran: string[] = [];
    shop.env.HOOK = (subject) => ran.push(subject);
    expect(await shop.deliver(...shop.messages, ...shop.messages)).toEqual(["acked", "acked"]);
    expect(await shop.deliver(...shop.messages)).toEqual(["acked"]);
    expect(await shop.lines()).toEqual(["placed a"]);
    expect(ran).toEqual(["a"]);
  });

  it("applies a message once that two batches deliver at the same moment", async () => {
    const shop = await shopWith("a");
    const both = Promise.withResolvers<void>();
    let inside = 0;
    shop.env.HOOK = () => {
      if (++inside === 2) both.resolve();
      return both.promise;
    };
    const settled = await Promise.all([shop.deliver(...shop.messages), shop.deliver(...shop.messages)]);
    expect(inside).toBe(2);
    expect(settled).toEqual([["acked"], ["acked"]]);
    expect(await shop.lines()).toEqual(["placed a"]);
    expect(
      lines
        .map(({ outcome }) => (outcome ?? "") as string)
        .filter(Boolean)
        .toSorted(),
    ).toEqual(["applied", "duplicate"]);
  });

  it("keeps a poison message from harming its neighbours", async () => {
    const shop = await shopWith("a", "b", "c");
    shop.env.HOOK = (subject) => {
      if (subject === "b") throw new Error("boom");
    };
    const outcomes = await shop.deliver(
      ...shop.messages.slice(0, 2),
      "junk",
      null,
      { specversion: "1.0" },
      shop.messages[2],
    );
    expect(outcomes).toEqual(["acked", "retried", "retried", "retried", "retried", "acked"]);
    expect((await shop.lines()).toSorted()).toEqual(["placed a", "placed c"]);
  });

  it("refuses data that the contract does not allow, and tolerates what it does not know", async () => {
    const shop = await shopWith("a", "b");
    const [a, b] = shop.messages as [Envelope<string, object>, Envelope<string, object>];
    const wrong = { ...a, data: { ...a.data, amount: "1" } };
    const newer = { ...b, extension: 1, data: { ...b.data, addedLater: true } };
    expect(await shop.deliver(wrong, newer)).toEqual(["retried", "acked"]);
    expect(await shop.lines()).toEqual(["placed b"]);
  });

  it("passes over types and sources that it has no handler for", async () => {
    const shop = await shopWith("a");
    const [a] = shop.messages;
    const strangers = [
      { ...a, id: "1", type: "order.noted" },
      { ...a, id: "2", type: "constructor" },
      { ...a, id: "3", source: "/services/other" },
    ];
    expect(await shop.deliver(...strangers)).toEqual(["acked", "acked", "acked"]);
    expect(await shop.inboxSize()).toBe(0);
  });

  it("applies the events of a subject in the log's order within a batch", async () => {
    const shop = await shopWith("a");
    const [placed] = shop.messages as [Envelope];
    const cancelled = { ...placed, id: "2", type: "order.cancelled", sequence: 3, subjectsequence: 3 };
    await shop.deliver(cancelled, placed);
    expect(await shop.lines()).toEqual(["placed a", "cancelled a"]);
  });

  it("settles every message when the database is down", async () => {
    const shop = await shopWith("a", "b");
    shop.env["DB"] = undefined;
    expect(await shop.deliver(...shop.messages)).toEqual(["retried", "retried"]);
  });

  it("moves the cursor over neighbours only", async () => {
    const shop = await shopWith("a", "b");
    const [a, b] = shop.messages as [Envelope, Envelope];
    // b is number 3 of the log: 2 was an "order.noted", which this queue does not get.
    await shop.deliver(a);
    await shop.deliver(b);
    expect(await shop.cursor()).toBe(1);
    await shop.deliver({ ...b, id: "two", sequence: 2 });
    expect(await shop.cursor()).toBe(2);
  });

  it("waits longer after each failed delivery, five minutes at most", async () => {
    const shop = await shopWith("bad");
    const delays: unknown[] = [];
    for (const attempts of [1, 2, 5, 50]) {
      const message = {
        id: "1",
        body: shop.messages[0],
        attempts,
        ack: () => undefined,
        retry: (options: QueueRetryOptions) => delays.push(options.delaySeconds),
      };
      const ctx = { waitUntil: () => undefined };
      await shippingWorker.queue?.(
        { queue: "shipping-events", messages: [message] } as never,
        shop.env as never,
        ctx as never,
      );
    }
    expect(delays).toEqual([1, 2, 16, 300]);
  });

  it("keeps one that kills its process from killing its neighbours' effects, too", async () => {
    const shop = await shopWith("a", "b", "c", "d", "e");
    const deadly = new Set(["b", "d"]);
    const ctx = { waitUntil: () => undefined };
    const never = new Promise<never>(() => undefined);
    let dies = () => {};
    shop.env.HOOK = (subject) => {
      if (!deadly.has(subject)) return;
      dies();
      return never;
    };
    for (let attempts = 1; attempts <= 21; attempts++) {
      const died = new Promise<void>((resolve) => (dies = resolve));
      const alive = { now: true };
      void died.then(() => (alive.now = false));
      const DB = mortal(shop.shippingDb, alive, never);
      const messages = shop.messages.map((body, n) => ({
        id: String(n),
        body,
        attempts,
        ack: () => undefined,
        retry: () => undefined,
      }));
      const batch = { queue: "shipping-events", messages };
      await Promise.race([
        died,
        shippingWorker.queue?.(batch as never, { ...shop.env, DB } as never, ctx as never),
      ]);
    }
    expect((await shop.lines()).toSorted()).toEqual(["placed a", "placed c", "placed e"]);
  });

  it("logs one line for each message, in the trace of what caused the event", async () => {
    const shop = await shopWith("a");
    const call = lines.find(({ operation }) => operation === "orders.place");
    await shop.deliver(...shop.messages);
    expect(lines.filter(({ message }) => message === "event")).toMatchObject([
      {
        subscriber: "shipping",
        type: "order.placed",
        subject: "a",
        outcome: "applied",
        traceId: call?.["traceId"],
      },
    ]);
    expect(lines.at(-1)).toMatchObject({ parentId: call?.["spanId"] });
  });
});

/** A database as a process sees it that writes nothing once it is dead. */
function mortal(db: D1Database, alive: { now: boolean }, never: Promise<never>): D1Database {
  return new Proxy(db, {
    get: (target, key) =>
      key === "batch"
        ? (statements: D1PreparedStatement[]) => (alive.now ? target.batch(statements) : never)
        : key === "withSession"
          ? () => mortal(target, alive, never)
          : (Reflect.get(target, key) as (...args: unknown[]) => unknown).bind(target),
  });
}
