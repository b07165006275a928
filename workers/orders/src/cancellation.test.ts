import { beforeEach, describe, expect, it } from "vitest";
import { type Orders, refunded, returned, startOrders } from "../test/orders-service.ts";

let shop: Orders;
beforeEach(() => {
  shop = startOrders();
});

async function cancelling(): Promise<void> {
  await shop.place();
  await shop.confirm();
  await shop.owner.cancel({ id: "ord_1" });
}

const status = async () => (await shop.owner.get({ id: "ord_1" })).status;
async function deliver(...batches: unknown[][]): Promise<void> {
  for (const batch of batches) {
    const settlements = await shop.served.queue("orders-events", batch);
    expect(settlements).toEqual(batch.map(() => "acked"));
  }
}

describe("cancelling", () => {
  it("is refused before the order is confirmed and after it was rejected", async () => {
    await shop.place();
    const refusal = { code: "ORDER_NOT_CANCELLABLE", status: 409 };
    await expect(shop.owner.cancel({ id: "ord_1" })).rejects.toMatchObject({
      ...refusal,
      retryable: true,
      retryAfter: 1,
    });
    await shop.reject();
    await expect(shop.owner.cancel({ id: "ord_1" })).rejects.toMatchObject({ ...refusal, retryable: false });
    expect(await shop.log()).toEqual(["order.placed", "order.rejected"]);
  });

  it("gives the same answer again, also after it is done", async () => {
    await cancelling();
    expect((await shop.owner.cancel({ id: "ord_1" })).status).toBe("cancelling");
    await deliver([refunded("ord_1"), returned("ord_1")]);
    expect((await shop.owner.cancel({ id: "ord_1" })).status).toBe("cancelled");
    expect((await shop.log()).filter((type) => type === "order.cancelling")).toHaveLength(1);
  });
});

describe("an order is cancelled once, when money and stock are both back", () => {
  const r = () => refunded("ord_1");
  const s = () => returned("ord_1");

  it.each([
    ["money alone", [[r()], [r()]]],
    ["stock alone", [[s(), s()]]],
    ["two refunds", [[r()], [refunded("ord_1", "another refund")]]],
  ])("not yet with %s", async (_, batches) => {
    await cancelling();
    await deliver(...batches);
    expect(await status()).toBe("cancelling");
  });

  it.each([
    ["money, stock", [[r()], [s()]]],
    ["stock, money", [[s()], [r()]]],
    ["money, money, stock, money, stock", [[r()], [r()], [s()], [r()], [s()]]],
    ["stock, stock, money, stock", [[s()], [s()], [r()], [s()]]],
    ["one batch", [[r(), s()]]],
    ["one batch with repetitions", [[s(), r(), s(), r()]]],
    [
      "another id for the same part",
      [[r()], [refunded("ord_1", "again")], [s()], [returned("ord_1", "again")]],
    ],
  ])("%s", async (_, batches) => {
    await cancelling();
    await deliver(...batches);
    expect(await status()).toBe("cancelled");
    expect((await shop.log()).filter((type) => type === "order.cancelled")).toHaveLength(1);
  });

  it("also when both arrive in the same moment in two isolates", async () => {
    await cancelling();
    await Promise.all([r(), s(), r(), s()].map((event) => deliver([event])));
    expect(await status()).toBe("cancelled");
    expect(await shop.log()).toEqual([
      "order.placed",
      "order.confirmed",
      "order.cancelling",
      "order.cancelled",
    ]);
  });

  it("keeps orders apart, and settles events of orders that it does not know", async () => {
    await cancelling();
    await deliver([r(), returned("ord_2"), refunded("ord_2")]);
    expect(await status()).toBe("cancelling");
  });
});
