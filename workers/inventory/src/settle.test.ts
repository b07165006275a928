import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { outcomeOf, RESERVATION_SECONDS, type Inventory, startInventory } from "../test/inventory-service.ts";

const START = Date.UTC(2026, 0, 1);
let bench: Inventory;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
  bench = await startInventory({ cup: 5 });
});
afterEach(() => void vi.useRealTimers());

const cups = (quantity: number) => [{ productId: "cup", quantity }];

async function cup() {
  const [account] = await bench.accounts();
  return account && { available: account.available, held: account.held, committed: account.committed };
}

async function expire() {
  vi.setSystemTime(Date.now() + RESERVATION_SECONDS * 1_000);
  await bench.cron();
}

describe("commit", () => {
  it("lets the held units leave", async () => {
    await bench.reserve("o1", cups(2));
    expect(await cup()).toEqual({ available: 3, held: 2, committed: 0 });
    expect(await bench.commit("o1")).toEqual({ orderId: "o1", status: "committed" });
    expect(await cup()).toEqual({ available: 3, held: 0, committed: 2 });
  });

  it("refuses an order without a reservation", async () => {
    expect(await outcomeOf(bench.commit("o1"))).toBe("RESERVATION_NOT_FOUND");
  });

  it("takes an expired reservation's units again", async () => {
    await bench.reserve("o1", cups(2));
    await expire();
    expect(await cup()).toEqual({ available: 5, held: 0, committed: 0 });
    await bench.commit("o1");
    expect(await cup()).toEqual({ available: 3, held: 0, committed: 2 });
  });

  it("of an expired reservation succeeds as soon as the units are there again", async () => {
    await bench.reserve("o1", cups(3));
    await expire();
    await bench.reserve("o2", cups(4));
    await expect(bench.commit("o1")).rejects.toMatchObject({
      code: "OUT_OF_STOCK",
      detail: "Not enough units are left of cup.",
    });
    expect(await cup()).toEqual({ available: 1, held: 4, committed: 0 });
    await bench.release("o2");
    expect(await outcomeOf(bench.commit("o1", "commit", 2))).toBe("committed");
    expect(await cup()).toEqual({ available: 2, held: 0, committed: 3 });
  });

  it("and expiry never both have the units, whichever comes first", async () => {
    await bench.reserve("o1", cups(2));
    vi.setSystemTime(START + RESERVATION_SECONDS * 1_000);
    await Promise.all([bench.commit("o1"), bench.cron(), bench.commit("o1", "another"), bench.cron()]);
    expect(await cup()).toEqual({ available: 3, held: 0, committed: 2 });
  });

  it("is refused once the reservation is released, expired before or not", async () => {
    await bench.reserve("o1", cups(1));
    await bench.release("o1");
    await bench.reserve("o2", cups(1));
    await expire();
    await bench.release("o2");
    expect(await outcomeOf(bench.commit("o1"))).toBe("CONFLICT");
    expect(await outcomeOf(bench.commit("o2"))).toBe("CONFLICT");
    expect(await cup()).toEqual({ available: 5, held: 0, committed: 0 });
  });
});

describe("release", () => {
  it("does not give units back a second time after they have expired", async () => {
    await bench.reserve("o1", cups(2));
    await bench.reserve("o2", cups(1));
    await bench.commit("o2");
    await expire();
    expect(await bench.release("o1")).toEqual({ orderId: "o1", status: "released" });
    expect(await cup()).toEqual({ available: 4, held: 0, committed: 1 });
  });

  it("and expiry at the same moment give the units back once", async () => {
    await bench.reserve("o1", cups(2));
    await bench.reserve("o2", cups(1));
    await bench.commit("o2");
    vi.setSystemTime(START + RESERVATION_SECONDS * 1_000);
    await Promise.all([bench.release("o1"), bench.cron()]);
    expect(await cup()).toEqual({ available: 4, held: 0, committed: 1 });
  });

  it("does not take back what has left", async () => {
    await bench.reserve("o1", cups(2));
    await bench.commit("o1");
    expect(await outcomeOf(bench.release("o1"))).toBe("CONFLICT");
    expect(await cup()).toEqual({ available: 3, held: 0, committed: 2 });
  });
});

describe("order.cancelling", () => {
  it("brings the units back once and tells the orders service once", async () => {
    await bench.reserve("o1", cups(2));
    await bench.commit("o1");
    await Promise.all([bench.cancelling("o1"), bench.cancelling("o1")]);
    expect(await bench.cancelling("o1")).toEqual(["acked"]);
    expect(await cup()).toEqual({ available: 5, held: 0, committed: 0 });
    expect(await bench.statusOf("o1")).toBe("returned");
    expect(await bench.sent()).toEqual([{ type: "stock.returned", subject: "o1" }]);
  });

  it("waits for units that have not left yet", async () => {
    await bench.reserve("o1", cups(2));
    expect(await bench.cancelling("o1")).toEqual(["retried"]);
    expect(await cup()).toEqual({ available: 3, held: 2, committed: 0 });
    await bench.commit("o1");
    expect(await bench.cancelling("o1")).toEqual(["acked"]);
    expect(await cup()).toEqual({ available: 5, held: 0, committed: 0 });
  });
});
