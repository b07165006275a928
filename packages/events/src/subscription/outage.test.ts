import { meshError } from "@weft/mesh";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EVENTS } from "../fixture/queue-settings.ts";
import { openShop, shippingWorker } from "../fixture/shop.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const NEVER = Number.POSITIVE_INFINITY;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 21) });
  for (const method of ["log", "warn", "error"] as const) vi.spyOn(console, method).mockReturnValue();
});
afterEach(() => void vi.useRealTimers());

const away = () => meshError("UNAVAILABLE");
const overloaded = () =>
  new Error("Failed query", {
    cause: new Error("D1_ERROR: D1 DB is overloaded. Requests queued for too long."),
  });

/** A shop whose only order has been placed, and a queue that waits as it is told; the clock moves with it. */
async function open() {
  const shop = openShop();
  await shop.place("a");
  const [placed] = shop.queue.drain();
  let attempts = 0;
  let due = Date.now();
  let queue: "waiting" | "acked" | "dead" = "waiting";
  async function deliver(body: unknown = placed): Promise<void> {
    const message = {
      id: "1",
      body,
      attempts: ++attempts,
      ack: () => void (queue = "acked"),
      retry: ({ delaySeconds = 0 }: QueueRetryOptions) => void (due = Date.now() + delaySeconds * SECOND),
    };
    const batch = { queue: "shipping-events", messages: [message] };
    await shippingWorker.queue?.(batch as never, shop.env as never, { waitUntil: () => undefined } as never);
    if (queue !== "waiting" || attempts <= EVENTS.max_retries) return;
    queue = "dead";
    await shop.bury(body);
  }
  return {
    ...shop,
    fail: (error: (() => unknown) | undefined) =>
      void (shop.env.HOOK = error && (() => Promise.reject(error() as Error))),
    /** Lets so much time pass, with a cron every `cron` ms that reads the log; with `NEVER` there is none. */
    async pass(ms: number, { cron = MINUTE, body = placed }: { cron?: number; body?: unknown } = {}) {
      for (const end = Date.now() + ms; Date.now() < end;) {
        if (queue === "waiting" && Date.now() >= due) await deliver(body);
        if (Date.now() % cron === 0) await shop.shippingSide.cron(new Date());
        const next = Number.isFinite(cron) ? Date.now() - (Date.now() % cron) + cron : end;
        vi.setSystemTime(Math.min(end, next, queue === "waiting" ? due : end));
      }
    },
    queue: () => queue,
    statuses: async () => (await shop.letters.deadLetters({})).items.map(({ status }) => status),
  };
}

describe.each([
  ["another service", away],
  ["the database", overloaded],
])("an outage of %s", (_, error) => {
  it.each([15 * MINUTE, 5 * HOUR])(
    "of %i ms makes no dead letter, and all is applied after it",
    async (length) => {
      const shop = await open();
      shop.fail(error);
      await shop.pass(length, { cron: length / 30 });
      expect(await shop.statuses()).toEqual(["failing"]);
      shop.fail(undefined);
      await shop.pass(16 * MINUTE);
      expect(await shop.lines()).toEqual(["placed a"]);
      expect(await shop.statuses()).toEqual([]);
    },
  );
});

describe("an event that fails for a reason of its own", () => {
  it.each([MINUTE, NEVER])("is dead within half a minute, with a cron every %i ms", async (cron) => {
    const shop = await open();
    shop.fail(() => new Error("boom"));
    await shop.pass(32 * SECOND, { cron });
    expect(shop.queue()).toBe("acked");
    expect(await shop.statuses()).toEqual(["dead"]);
  });

  it("is not blamed for an outage before", async () => {
    const shop = await open();
    shop.fail(away);
    await shop.pass(10 * MINUTE);
    shop.fail(() => new Error("boom"));
    await shop.pass(6 * MINUTE);
    expect(await shop.statuses()).toEqual(["failing"]);
    await shop.pass(2 * HOUR);
    expect(await shop.statuses()).toEqual(["dead"]);
  });

  it("is not blamed for one in which an operator replays it, either", async () => {
    const shop = await open();
    shop.fail(away);
    await shop.pass(SECOND);
    const [letter] = (await shop.letters.deadLetters({})).items;
    for (let n = 0; n < 6; n++) await shop.letters.replayDeadLetter({ id: letter?.id ?? "" });
    shop.fail(() => new Error("boom"));
    await shop.pass(MINUTE / 2, { cron: NEVER });
    expect(await shop.statuses()).toEqual(["failing"]);
  });

  it("is given up with an outage that does not end within a day", async () => {
    const shop = await open();
    shop.fail(away);
    await shop.pass(23 * HOUR, { cron: HOUR / 2 });
    expect(await shop.statuses()).toEqual(["failing"]);
    await shop.pass(2 * HOUR, { cron: HOUR / 2 });
    expect(await shop.statuses()).toEqual(["dead"]);
  });

  it("is dead when the queue gives it up, where no log can be read", async () => {
    const shop = await open();
    shop.env["ORDERS"] = undefined;
    shop.fail(away);
    await shop.pass(70 * MINUTE);
    expect(await shop.statuses()).toEqual(["failing"]);
    await shop.pass(20 * MINUTE);
    expect(shop.queue()).toBe("dead");
    expect(await shop.statuses()).toEqual(["dead"]);
  });
});

it("what is no event is dead within half a minute as well", async () => {
  const shop = await open();
  await shop.pass(32 * SECOND, { body: "junk", cron: NEVER });
  expect(shop.queue()).toBe("acked");
  expect(await shop.statuses()).toEqual(["dead"]);
});
