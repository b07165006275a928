import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { orderEvent, refunded, startNotifications } from "./fixture.ts";

const NOW = Date.UTC(2026, 10, 21, 12);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let shop: ReturnType<typeof startNotifications>;
beforeEach(() => {
  // Only the clock: everything else runs as it does in the Worker.
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  // The mesh's own retries wait for nothing.
  vi.spyOn(Math, "random").mockReturnValue(0);
  shop = startNotifications();
  vi.stubGlobal("fetch", shop.fetch);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const subjects = () => shop.mailApi.requests.map(({ subject }) => subject);
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

async function only() {
  const { items } = await shop.list();
  expect(items).toHaveLength(1);
  return items[0];
}

describe("a notification", () => {
  it("is sent as soon as its event is applied, to the address that users tells now", async () => {
    const event = orderEvent("order.confirmed");
    expect(await shop.deliver(event)).toEqual(["acked"]);
    expect(shop.mailApi.requests).toEqual([
      { key: `ntf_${event.id}`, to: "usr_1@example.com", subject: "Your order ord_1 is confirmed" },
    ]);
    expect(await only()).toMatchObject({ status: "sent", attempts: 1, to: "usr_1@example.com" });
  });

  it("is rendered once and sent once, however often and however concurrently its event comes", async () => {
    const event = orderEvent("order.confirmed");
    await Promise.all([1, 2, 3].map(() => shop.deliver(event, event)));
    await shop.deliver(event);
    later(DAY);
    await shop.sweep();
    expect(shop.mailApi.requests).toHaveLength(1);
    expect(await only()).toMatchObject({ attempts: 1 });
  });

  it("comes of each event that concerns the customer", async () => {
    await shop.deliver(orderEvent("order.confirmed", "ord_1"), orderEvent("order.cancelled", "ord_1"));
    await shop.deliver(orderEvent("order.rejected", "ord_2", "usr_2"), refunded("ord_1"));
    expect(subjects().toSorted()).toEqual([
      "Your order ord_1 is cancelled",
      "Your order ord_1 is confirmed",
      "Your order ord_2 could not be accepted",
      "Your refund for order ord_1",
    ]);
    expect(shop.mailApi.requests.find(({ subject }) => subject.includes("ord_2"))?.to).toBe(
      "usr_2@example.com",
    );
  });

  it("asks for the address in the trace of the event", async () => {
    const event = orderEvent("order.confirmed");
    await shop.deliver(event);
    expect(shop.users.traces).toEqual([event.traceparent.split("-")[1]]);
  });
});

describe("a notification that cannot be sent", () => {
  it("stays queued while users is down, and is sent once users is back", async () => {
    shop.users.down = true;
    expect(await shop.deliver(orderEvent("order.confirmed"))).toEqual(["acked"]);
    expect(await only()).toMatchObject({ status: "queued", attempts: 1, to: "" });
    for (let minute = 1; minute <= 10; minute++) {
      later(MINUTE);
      await shop.sweep();
    }
    expect(await only()).toMatchObject({ status: "queued" });
    expect(shop.mailApi.requests).toEqual([]);

    shop.users.down = false;
    later(60 * MINUTE);
    await shop.sweep();
    expect(shop.mailApi.requests).toHaveLength(1);
    expect(await only()).toMatchObject({ status: "sent" });
  });

  it("is tried again less and less often, with the same id, until the mail API takes it", async () => {
    shop.mailApi.status = 503;
    await shop.deliver(orderEvent("order.confirmed"));
    expect(await only()).toMatchObject({ status: "queued", attempts: 1 });
    const tries: number[] = [];
    for (let second = 1; second <= 200; second++) {
      later(1_000);
      const before = shop.mailApi.requests.length;
      await shop.sweep();
      if (shop.mailApi.requests.length > before) tries.push(second);
    }
    expect(tries).toEqual([10, 30, 70, 150]);
    shop.mailApi.status = 200;
    later(60 * MINUTE);
    await shop.sweep();
    expect(await only()).toMatchObject({ status: "sent", attempts: 6 });
    expect(new Set(shop.mailApi.requests.map(({ key }) => key)).size).toBe(1);
  });

  it("is not tried again when the mail API refuses it or the user is gone", async () => {
    shop.mailApi.status = 422;
    await shop.deliver(orderEvent("order.confirmed", "ord_1"));
    shop.users.unknown = true;
    await shop.deliver(orderEvent("order.confirmed", "ord_2"));
    const asked = shop.users.asked;
    later(DAY);
    await shop.sweep();
    expect(shop.mailApi.requests).toHaveLength(1);
    expect(shop.users.asked).toBe(asked);
    expect((await shop.list()).items.map(({ status }) => status)).toEqual(["failed", "failed"]);
  });

  it("is given up when it is four days old", async () => {
    shop.mailApi.status = 503;
    await shop.deliver(orderEvent("order.confirmed"));
    later(4 * DAY);
    await shop.sweep();
    shop.mailApi.status = 200;
    later(DAY);
    await shop.sweep();
    expect(shop.mailApi.requests).toHaveLength(2);
    expect(await only()).toMatchObject({ status: "failed" });
  });

  it("is taken over by the next sweep when the Worker that was sending it died", async () => {
    shop.users.down = true;
    await shop.deliver(orderEvent("order.confirmed"));
    shop.users.down = false;
    // What a kill between taking the mail and writing down how it went leaves behind.
    await shop.DB.prepare("UPDATE tasks SET attempts = 2, due_at = ?")
      .bind(Date.now() + MINUTE)
      .run();
    later(MINUTE - 1);
    await shop.sweep();
    expect(shop.mailApi.requests).toEqual([]);
    later(1);
    await shop.sweep();
    expect(shop.mailApi.requests).toHaveLength(1);
  });

  it("waits for the order's event when the refund's came first", async () => {
    await shop.deliver(refunded());
    expect(await only()).toMatchObject({ status: "queued" });
    await shop.deliver(orderEvent("order.cancelled"));
    later(MINUTE);
    await shop.sweep();
    expect(subjects()).toContain("Your refund for order ord_1");
  });

  it("waits while the transport is not set up", async () => {
    shop.env.MAIL_API_TOKEN = "";
    await shop.deliver(orderEvent("order.confirmed"));
    expect(await only()).toMatchObject({ status: "queued" });
    shop.env.MAIL_API_TOKEN = "t0k3n";
    later(MINUTE);
    await shop.sweep();
    expect(await only()).toMatchObject({ status: "sent" });
  });
});

describe("a new account", () => {
  const welcome = (id: string) => ({
    id,
    type: "account.welcome",
    data: { userId: "usr_7", name: "Ada" },
    priority: 0,
    dueAt: NOW,
    traceparent: "",
  });

  it("is welcomed once, however often the command comes", async () => {
    await shop.command(welcome("cmd_1"));
    await shop.command(welcome("cmd_1"));
    expect(shop.mailApi.requests).toEqual([
      { key: "ntf_cmd_1", to: "usr_7@example.com", subject: "Welcome to the shop" },
    ]);
  });

  it("waits while there is news of orders to send", async () => {
    shop.env.MAIL_API_TOKEN = "";
    for (let index = 0; index < 12; index++) await shop.command(welcome(`cmd_${index}`));
    await shop.deliver(orderEvent("order.confirmed"));
    shop.env.MAIL_API_TOKEN = "t0k3n";
    later(MINUTE);
    await shop.sweep();
    // Ten are worked on side by side.
    expect(subjects().slice(0, 10)).toContain("Your order ord_1 is confirmed");
    expect(subjects()).toHaveLength(13);
  });
});

describe("the sweep", () => {
  it("works off more than one round", async () => {
    shop.env.MAIL_API_TOKEN = "";
    for (let index = 0; index < 25; index++)
      await shop.deliver(orderEvent("order.confirmed", `ord_${index}`));
    shop.env.MAIL_API_TOKEN = "t0k3n";
    later(MINUTE);
    await shop.sweep();
    expect(shop.mailApi.requests).toHaveLength(25);
  });
});

describe("the outbox", () => {
  it("is for operators, newest first, page by page", async () => {
    for (const index of [1, 2, 3]) {
      later(1_000);
      await shop.deliver(orderEvent("order.confirmed", `ord_${index}`));
    }
    const first = await shop.list({ limit: 2 });
    const second = await shop.list({ limit: 2, cursor: first.nextCursor ?? "" });
    expect([...first.items, ...second.items].map(({ subject }) => subject.match(/ord_\d/)?.[0])).toEqual([
      "ord_3",
      "ord_2",
      "ord_1",
    ]);
    expect(second.nextCursor).toBeNull();
  });
});
