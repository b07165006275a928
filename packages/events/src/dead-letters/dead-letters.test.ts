import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openShop } from "../fixture/shop.ts";
import type { Envelope } from "../log/envelope.ts";
import { deadLettersOf } from "./contract.ts";

afterEach(() => void vi.useRealTimers());
beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
});

type Shop = ReturnType<typeof openShop>;

const breakDown = (shop: Shop, subject = "a", error = "boom") => {
  shop.env.HOOK = (each) => {
    if (each === subject) throw new Error(error);
  };
};
const mend = (shop: Shop) => void (shop.env.HOOK = undefined);

/** A shop whose shipping Worker has a dead letter: the placing of order "a". */
async function withDeadLetter() {
  const shop = openShop();
  await shop.place("a");
  const [placed] = shop.queue.drain() as [Envelope];
  breakDown(shop);
  await shop.deliver(placed);
  await shop.bury(placed);
  const [letter] = (await shop.letters.deadLetters({})).items;
  return { shop, placed, id: letter?.id ?? "" };
}
const listed = async (shop: Shop) => (await shop.letters.deadLetters({})).items;

describe("a dead letter", () => {
  it("begins with the first failure, and tells all of them", async () => {
    const shop = openShop();
    await shop.place("a");
    const messages = shop.queue.drain();
    breakDown(shop, "a", "first");
    await shop.deliver(...messages);
    breakDown(shop, "a", "second");
    await shop.shippingSide.cron(new Date());
    const [letter] = await listed(shop);
    expect(letter).toMatchObject({
      source: "/services/orders",
      type: "order.placed",
      subject: "a",
      sequence: 1,
      status: "failing",
      attempts: 2,
      error: "second",
    });
    expect(await shop.letters.deadLetter({ id: letter?.id ?? "" })).toMatchObject({
      body: messages[0],
      failures: [
        { via: "queue", error: "first" },
        { via: "log", error: "second" },
      ],
    });
  });

  it("keeps the newest 20 failures", async () => {
    const shop = openShop();
    await shop.place("a");
    const messages = shop.queue.drain();
    for (let n = 1; n <= 23; n++) {
      breakDown(shop, "a", `failure ${n}`);
      await shop.deliver(...messages);
    }
    const [letter] = await listed(shop);
    const { failures, attempts } = await shop.letters.deadLetter({ id: letter?.id ?? "" });
    expect(attempts).toBe(23);
    expect(failures.map(({ error }) => error)).toEqual(
      Array.from({ length: 20 }, (_, n) => `failure ${n + 4}`),
    );
  });

  it("goes when the event is applied after all, in the same batch", async () => {
    const shop = openShop();
    await shop.place("a");
    const messages = shop.queue.drain();
    breakDown(shop);
    expect(await shop.deliver(...messages)).toEqual(["retried"]);
    // Commits nothing: the row that takes the letter away is rolled back with the rest.
    shop.env.HOOK = () => shop.shippingDb.exec("ALTER TABLE inbox RENAME TO gone");
    await shop.deliver(...messages);
    await shop.shippingDb.exec("ALTER TABLE gone RENAME TO inbox");
    expect(await listed(shop)).toHaveLength(1);
    mend(shop);
    expect(await shop.deliver(...messages)).toEqual(["acked"]);
    expect(await listed(shop)).toEqual([]);
  });

  it("is not written for an event that another attempt has applied at that moment", async () => {
    const shop = openShop();
    await shop.place("a");
    const messages = shop.queue.drain();
    shop.env.HOOK = async () => {
      mend(shop);
      await shop.deliver(...messages);
      throw new Error("boom");
    };
    expect(await shop.deliver(...messages)).toEqual(["retried"]);
    expect(await shop.bury(...messages)).toEqual(["acked"]);
    expect(await listed(shop)).toEqual([]);
    expect(await shop.lines()).toEqual(["placed a"]);
  });

  it("is dead once the queue has given it up; another delivery is not retried for ever", async () => {
    const { shop, placed } = await withDeadLetter();
    expect(await listed(shop)).toMatchObject([{ status: "dead", attempts: 1, error: "boom" }]);
    expect(await shop.deliver(placed)).toEqual(["acked"]);
    expect(await listed(shop)).toMatchObject([{ status: "dead", attempts: 2 }]);
  });

  it.each([
    ["text", "junk"],
    ["half an event", { specversion: "1.0", id: "1" }],
    ["nothing", null],
    ["what has no JSON form", undefined],
    ["what JSON refuses", { big: 1n }],
  ])("is made of a message that is no event, too: %s", async (_, junk) => {
    const shop = openShop();
    expect(await shop.deliver(junk)).toEqual(["retried"]);
    expect(await shop.deliver(junk)).toEqual(["retried"]);
    expect(await shop.bury(junk)).toEqual(["acked"]);
    expect(await listed(shop)).toMatchObject([
      { source: "shipping-events", type: null, subject: null, status: "dead", attempts: 2 },
    ]);
  });

  it("stays settled when the same message that is no event comes again", async () => {
    const shop = openShop();
    await shop.bury("junk");
    const [letter] = await listed(shop);
    await shop.letters.discardDeadLetter({ id: letter?.id ?? "", reason: "junk" });
    await shop.deliver("junk");
    await shop.bury("junk");
    expect(await listed(shop)).toMatchObject([{ status: "discarded", attempts: 0 }]);
  });

  it("is never lost: what cannot be written stays in the queue", async () => {
    const shop = openShop();
    await shop.place("a");
    const messages = [...shop.queue.drain(), "junk"];
    await shop.shippingDb.exec("ALTER TABLE dead_letters RENAME TO gone");
    breakDown(shop);
    expect(await shop.deliver(...messages)).toEqual(["retried", "retried"]);
    expect(await shop.bury(...messages)).toEqual(["retried", "retried"]);
    await shop.shippingDb.exec("ALTER TABLE gone RENAME TO dead_letters");
    expect(await shop.bury(...messages)).toEqual(["acked", "acked"]);
    expect(await listed(shop)).toMatchObject([{ status: "dead" }, { status: "dead" }]);
  });

  it("is dropped a month after it was settled, and not before", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { shop, id } = await withDeadLetter();
    await shop.letters.discardDeadLetter({ id, reason: "a test" });
    await shop.shippingSide.cron(new Date());
    expect(await listed(shop)).toHaveLength(1);
    vi.setSystemTime(Date.now() + 31 * 24 * 60 * 60_000);
    await shop.shippingSide.cron(new Date());
    expect(await listed(shop)).toEqual([]);
  });
});

describe("an operator", () => {
  it("replays a letter: the event takes effect once, however often it is replayed or comes again", async () => {
    const { shop, placed, id } = await withDeadLetter();
    mend(shop);
    const [first, second] = await Promise.all([
      shop.letters.replayDeadLetter({ id }),
      shop.letters.replayDeadLetter({ id }),
    ]);
    expect([first.status, second.status]).toEqual(["replayed", "replayed"]);
    expect(await shop.letters.replayDeadLetter({ id })).toEqual(first);
    expect(await shop.deliver(placed)).toEqual(["acked"]);
    await shop.shippingSide.cron(new Date());
    expect(await shop.lines()).toEqual(["placed a"]);
    expect(await listed(shop)).toMatchObject([{ status: "replayed", settledAt: expect.any(String) }]);
  });

  it("sees a replay that fails in the history of a letter that stays dead", async () => {
    const { shop, id } = await withDeadLetter();
    breakDown(shop, "a", "still broken");
    const replayed = await shop.letters.replayDeadLetter({ id });
    expect(replayed).toMatchObject({ status: "dead", attempts: 2 });
    expect(replayed.failures.at(-1)).toMatchObject({ via: "replay", error: "still broken" });
    expect(await shop.lines()).toEqual([]);
  });

  it("edits the message; the edited one is replayed", async () => {
    const { shop, placed, id } = await withDeadLetter();
    mend(shop);
    const body = { ...placed, data: { orderId: "better", amount: 1 } };
    expect((await shop.letters.editDeadLetter({ id, body })).body).toEqual(body);
    await shop.letters.replayDeadLetter({ id });
    expect(await shop.lines()).toEqual(["placed better"]);
    await shop.deliver(placed);
    expect(await shop.lines()).toEqual(["placed better"]);
  });

  it.each(["id", "source", "subject", "sequence", "subjectsequence"] as const)(
    "cannot edit which event it is: %s",
    async (name) => {
      const { shop, placed, id } = await withDeadLetter();
      const body = { ...placed, [name]: typeof placed[name] === "number" ? 77 : "other" };
      await expect(shop.letters.editDeadLetter({ id, body })).rejects.toMatchObject({
        code: "VALIDATION_FAILED",
        errors: [{ pointer: `/body/${name}` }],
      });
    },
  );

  it("makes an event of a message that was none", async () => {
    const shop = openShop();
    await shop.place("a");
    const [placed] = shop.queue.drain();
    await shop.bury("junk");
    const [letter] = await listed(shop);
    const id = letter?.id ?? "";
    expect(await shop.letters.replayDeadLetter({ id })).toMatchObject({ status: "dead", attempts: 1 });
    await expect(shop.letters.editDeadLetter({ id, body: "junk" })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    await shop.letters.editDeadLetter({ id, body: placed });
    expect(await shop.letters.replayDeadLetter({ id })).toMatchObject({ status: "replayed" });
    expect(await shop.lines()).toEqual(["placed a"]);
  });

  it.each([
    ["was applied before", {}, ["placed a"]],
    ["nobody here handles", { id: "other", type: "order.noted" }, []],
  ])("settles a message that is made an event which %s", async (_, change, lines) => {
    const shop = openShop();
    await shop.place("a");
    const [placed] = shop.queue.drain() as [Envelope];
    if (lines.length > 0) await shop.deliver(placed);
    await shop.bury("junk");
    const [letter] = await listed(shop);
    const id = letter?.id ?? "";
    await shop.letters.editDeadLetter({ id, body: { ...placed, ...change } });
    expect(await shop.letters.replayDeadLetter({ id })).toMatchObject({ status: "replayed" });
    expect(await shop.lines()).toEqual(lines);
  });

  it("discards a letter with a reason: neither queue nor log brings the event back", async () => {
    const { shop, placed, id } = await withDeadLetter();
    mend(shop);
    const discarded = await shop.letters.discardDeadLetter({ id, reason: "a test order" });
    expect(discarded).toMatchObject({ status: "discarded", reason: "a test order" });
    expect(await shop.letters.discardDeadLetter({ id, reason: "another" })).toEqual(discarded);
    await shop.deliver(placed);
    await shop.shippingSide.cron(new Date());
    expect(await shop.lines()).toEqual([]);
    expect(await shop.list()).toMatchObject({ upToDate: true });
    await expect(shop.letters.replayDeadLetter({ id })).rejects.toMatchObject({
      code: "DEAD_LETTER_SETTLED",
    });
  });

  it("decides once: nothing is done with a letter that is settled, or not there", async () => {
    const { shop, placed, id } = await withDeadLetter();
    mend(shop);
    await shop.letters.replayDeadLetter({ id });
    const settled = { code: "DEAD_LETTER_SETTLED", status: 409 };
    await expect(shop.letters.discardDeadLetter({ id, reason: "late" })).rejects.toMatchObject(settled);
    await expect(shop.letters.editDeadLetter({ id, body: placed })).rejects.toMatchObject(settled);
    const missing = { code: "DEAD_LETTER_NOT_FOUND", status: 404 };
    await expect(shop.letters.deadLetter({ id: "none" })).rejects.toMatchObject(missing);
  });

  it("lists letters by status, type and source, newest failure first, each on one page", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const shop = openShop();
    for (const id of ["a", "b", "c", "d"]) await shop.place(id);
    const messages = shop.queue.drain() as Envelope[];
    shop.env.HOOK = () => {
      throw new Error("boom");
    };
    for (const message of messages) {
      vi.setSystemTime(Date.now() + 1_000);
      await shop.deliver(message);
    }
    await shop.bury(messages[1], "junk");
    const seen: unknown[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await shop.letters.deadLetters({ limit: 2, ...(cursor && { cursor }) });
      expect(page.total).toBe(5);
      seen.push(...page.items.map(({ subject }) => subject));
      cursor = page.nextCursor;
    }
    expect(seen.filter(Boolean)).toEqual(["d", "c", "b", "a"]);
    const subjects = async (filter: object) =>
      (await shop.letters.deadLetters(filter)).items.map(({ subject }) => subject);
    expect(await subjects({ status: "dead", type: "order.placed" })).toEqual(["b"]);
    expect(await subjects({ source: "shipping-events" })).toEqual([null]);
    expect(await subjects({ before: new Date(Date.now() - 1_500).toISOString() })).toEqual(["b", "a"]);
  });

  it("acts through control alone", async () => {
    const { shop } = await withDeadLetter();
    const gateway = shop.shippingSide.client(deadLettersOf("shipping"), { caller: "gateway" });
    await expect(gateway.deadLetters({})).rejects.toMatchObject({ code: "CALLER_NOT_ALLOWED" });
  });
});
