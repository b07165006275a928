import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openShop } from "../fixture/shop.ts";
import type { Envelope } from "../log/envelope.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
});
afterEach(() => void vi.useRealTimers());

/**
 * Orders that were placed, noted (which shipping is not told) and cancelled. `deliver` takes "placed a" and the like.
 */
async function orderedShop(...orderIds: string[]) {
  const shop = openShop({ ordered: true });
  const sent = new Map<string, Envelope>();
  for (const id of orderIds) {
    await shop.place(id);
    await shop.log("order.cancelled", id);
    await shop.log("order.placed", id);
  }
  const read = await shop.ordersSide
    .binding("shipping")
    .fetch(new Request("http://mesh/internal/events?limit=500"));
  for (const event of ((await read.json()) as { items: Envelope[] }).items)
    sent.set(`${event.subject}${event.subjectsequence}`, event);
  const log = shop.env["ORDERS"];
  return {
    ...shop,
    sent,
    /** By order and place: "a1" is placed, "a2" noted, "a3" cancelled and "a4" placed again. */
    deliver: (...names: string[]) => shop.deliver(...names.map((name) => sent.get(name))),
    bury: (...names: string[]) => shop.bury(...names.map((name) => sent.get(name))),
    breakDown(subject: string, type = "order.placed") {
      shop.env.HOOK = (each, eachType) => {
        if (each === subject && eachType === type) throw new Error("boom");
      };
    },
    mend: () => void (shop.env.HOOK = undefined),
    cutOff: () => void (shop.env["ORDERS"] = { fetch: () => Promise.reject(new Error("connection lost")) }),
    connect: () => void (shop.env["ORDERS"] = log),
    letters: shop.letters,
    async held() {
      return (
        await shop.shippingDb.prepare("SELECT subject, held_by FROM subjects WHERE held_by IS NOT NULL").all()
      ).results;
    },
  };
}
const all = (id: string) => [`placed ${id}`, `cancelled ${id}`, `placed ${id}`];

/** An order whose first event is dead, and whose later ones came meanwhile; the log's reader has passed all of them. */
async function withDeadFirst() {
  vi.useFakeTimers({ toFake: ["Date"] });
  const shop = await orderedShop("a", "b");
  shop.breakDown("a");
  await shop.deliver("a1");
  await shop.deliver("a3");
  await shop.bury("a1");
  await shop.shippingSide.cron(new Date());
  expect(await shop.cursor()).toBe(8);
  const [letter] = (await shop.letters.deadLetters({})).items;
  return { shop, id: letter?.id ?? "" };
}

describe("an ordered subscription", () => {
  it.each([
    ["in order", ["a1", "a3", "a4"]],
    ["reversed", ["a4", "a3", "a1"]],
    ["the last one only", ["a4"]],
    ["with repetitions", ["a3", "a1", "a3", "a4", "a1", "a4"]],
  ])("applies a subject's events in their order: %s", async (_, names) => {
    const shop = await orderedShop("a");
    for (const name of names) expect(await shop.deliver(name)).toEqual(["acked"]);
    expect(await shop.lines()).toEqual(all("a"));
    expect(await shop.held()).toEqual([]);
  });

  it("applies each event once, with several deliveries, batches and log readers at the same time", async () => {
    const ids = ["a", "b", "c", "d", "e"];
    const shop = await orderedShop(...ids);
    const names = ids.flatMap((id) => [`${id}4`, `${id}1`, `${id}3`]);
    await Promise.all([
      shop.deliver(...names),
      shop.list(),
      ...names.map((name) => shop.deliver(name)),
      shop.shippingSide.cron(new Date()),
    ]);
    await shop.shippingSide.cron(new Date());
    const lines = await shop.lines();
    for (const id of ids) expect(lines.filter((line) => line.endsWith(id))).toEqual(all(id));
    expect(await shop.held()).toEqual([]);
  });

  it("asks for another delivery while what is missing cannot be fetched, and blames no event for it", async () => {
    const shop = await orderedShop("a");
    shop.cutOff();
    expect(await shop.deliver("a4")).toEqual(["retried"]);
    expect(await shop.bury("a4")).toEqual(["acked"]);
    expect((await shop.letters.deadLetters({})).items).toEqual([]);
    shop.connect();
    await shop.shippingSide.cron(new Date());
    expect(await shop.lines()).toEqual(all("a"));
  });

  it("holds a subject whose event fails, and no other", async () => {
    const shop = await orderedShop("a", "b");
    shop.breakDown("a");
    expect(await shop.deliver("a1", "b1")).toEqual(["retried", "acked"]);
    expect(await shop.deliver("a3", "b3")).toEqual(["acked", "acked"]);
    expect(await shop.lines()).toEqual(["placed b", "cancelled b"]);
    // Later events wait; they do not try the failing one again.
    expect((await shop.letters.deadLetters({})).items).toMatchObject([{ subject: "a", attempts: 1 }]);
    expect(await shop.held()).toEqual([{ subject: "a", held_by: shop.sent.get("a1")?.id }]);
    shop.mend();
    expect(await shop.deliver("a1")).toEqual(["acked"]);
    expect((await shop.lines()).filter((line) => line.endsWith("a"))).toEqual(all("a"));
    expect(await shop.held()).toEqual([]);
  });

  it("holds nothing for an event that another attempt has applied at that moment", async () => {
    const shop = await orderedShop("a");
    shop.env.HOOK = async () => {
      shop.mend();
      await shop.deliver("a1");
      throw new Error("boom");
    };
    expect(await shop.deliver("a1")).toEqual(["retried"]);
    expect(await shop.held()).toEqual([]);
    expect(await shop.lines()).toEqual(["placed a"]);
  });

  it("holds it in the middle as well, when the failing event is found in the log", async () => {
    const shop = await orderedShop("a", "b");
    shop.breakDown("a", "order.cancelled");
    expect(await shop.deliver("a4")).toEqual(["acked"]);
    expect(await shop.lines()).toEqual(["placed a"]);
    expect((await shop.letters.deadLetters({})).items).toMatchObject([
      { type: "order.cancelled", status: "failing", attempts: 1 },
    ]);
    shop.mend();
    await shop.shippingSide.cron(new Date());
    expect(await shop.lines()).toEqual([...all("a"), ...all("b")]);
  });

  it.each(["replayed", "discarded"] as const)(
    "applies what has waited when the dead event is %s",
    async (how) => {
      const { shop, id } = await withDeadFirst();
      expect(await shop.lines()).toEqual(all("b"));
      shop.mend();
      if (how === "replayed") await shop.letters.replayDeadLetter({ id });
      else await shop.letters.discardDeadLetter({ id, reason: "a test" });
      const lines = (await shop.lines()).filter((line) => line.endsWith("a"));
      expect(lines).toEqual(how === "replayed" ? all("a") : all("a").slice(1));
      expect(await shop.held()).toEqual([]);
      await shop.deliver("a1", "a3", "a4");
      await shop.shippingSide.cron(new Date());
      expect(await shop.lines()).toHaveLength(how === "replayed" ? 6 : 5);
    },
  );

  it("applies the event that a subject waits for, however late the queue brings it again", async () => {
    const { shop } = await withDeadFirst();
    shop.mend();
    vi.setSystemTime(Date.now() + 40 * 24 * 60 * 60_000);
    await shop.deliver("a1");
    expect((await shop.lines()).filter((line) => line.endsWith(" a"))).toEqual(all("a"));
  });

  it("fetches later what has waited, if the log cannot be read when the operator decides", async () => {
    const { shop, id } = await withDeadFirst();
    shop.mend();
    shop.cutOff();
    expect(await shop.letters.replayDeadLetter({ id })).toMatchObject({ status: "replayed" });
    expect(await shop.lines()).toEqual([...all("b"), "placed a"]);
    shop.connect();
    await shop.shippingSide.cron(new Date());
    expect(await shop.lines()).toEqual([...all("b"), ...all("a")]);
    expect(await shop.held()).toEqual([]);
  });

  it("stops at the next event that fails, and goes on from there", async () => {
    const { shop, id } = await withDeadFirst();
    shop.breakDown("a", "order.cancelled");
    await shop.letters.replayDeadLetter({ id });
    expect(await shop.lines()).toEqual([...all("b"), "placed a"]);
    await shop.bury("a3");
    const [next] = (await shop.letters.deadLetters({ status: "dead" })).items;
    expect(next).toMatchObject({ type: "order.cancelled" });
    shop.mend();
    await shop.letters.replayDeadLetter({ id: next?.id ?? "" });
    expect(await shop.lines()).toEqual([...all("b"), ...all("a")]);
  });
});
