import { beforeEach, describe, expect, it } from "vitest";
import { factsOf, type Orders, startOrders, step } from "../test/orders-service.ts";

let shop: Orders;
beforeEach(() => {
  shop = startOrders();
});

describe("an order", () => {
  it("is placed as pending and tells the views", async () => {
    const order = await shop.place();
    expect(order).toMatchObject({
      id: "ord_1",
      status: "pending",
      total: { amount: 3_000, currency: "EUR" },
    });
    expect(order.timeline).toMatchObject([{ status: "pending" }]);
    await shop.served.settled();
    expect(shop.sent.VIEWS).toMatchObject([
      { type: "order.placed", subject: "ord_1", data: factsOf("ord_1") },
    ]);
    expect(shop.sent.SHIPPING).toEqual([]);
  });

  it("keeps the largest basket, line by line", async () => {
    const facts = factsOf("ord_1", 50);
    await shop.place(facts);
    expect((await shop.owner.get({ id: "ord_1" })).items).toEqual(facts.items);
  });

  it("answers a repeated step with the first answer and changes nothing", async () => {
    const first = await shop.place();
    expect(await shop.place()).toEqual(first);
    const confirmed = await shop.confirm();
    expect(await shop.confirm()).toEqual(confirmed);
    expect(await shop.log()).toEqual(["order.placed", "order.confirmed"]);
  });

  it("cannot take the id of another saga's order", async () => {
    await shop.place();
    await expect(shop.checkout.create(factsOf("ord_1"), step("saga_2", "create"))).rejects.toMatchObject({
      code: "CONFLICT",
    });
  });

  it("has the same times in its timeline, its answers and its events", async () => {
    await shop.place();
    const { timeline } = await shop.confirm();
    expect((await shop.owner.get({ id: "ord_1" })).timeline).toEqual(timeline);
    await shop.served.settled();
    expect(shop.sent.VIEWS?.map(({ time }) => time)).toEqual(timeline.map(({ at }) => at));
  });

  it("is rejected with its reason, by the undo of its creation", async () => {
    await shop.place();
    await shop.reject();
    expect(await shop.owner.get({ id: "ord_1" })).toMatchObject({
      status: "rejected",
      timeline: [{ status: "pending" }, { status: "rejected", reason: "OUT_OF_STOCK" }],
    });
    await shop.served.settled();
    expect(shop.sent.NOTIFICATIONS).toMatchObject([
      { type: "order.rejected", data: { reason: "OUT_OF_STOCK" } },
    ]);
  });

  it("never comes to be when its rejection was faster than its creation", async () => {
    expect(await shop.reject()).toEqual({});
    await expect(shop.place()).rejects.toMatchObject({ code: "FENCED" });
    await expect(shop.owner.get({ id: "ord_1" })).rejects.toMatchObject({ code: "ORDER_NOT_FOUND" });
    expect(await shop.log()).toEqual([]);
  });

  it("cannot be confirmed unless it exists and is pending", async () => {
    await expect(shop.confirm("ord_9")).rejects.toMatchObject({ code: "ORDER_NOT_FOUND", status: 404 });
    await shop.place();
    await shop.reject();
    await expect(shop.confirm()).rejects.toMatchObject({ code: "CONFLICT", status: 409 });
  });

  it("goes to each subscriber that wants to know, and to no other", async () => {
    await shop.place();
    await shop.confirm();
    await shop.owner.cancel({ id: "ord_1" });
    await shop.served.settled();
    const types = Object.fromEntries(
      Object.entries(shop.sent).map(([queue, events]) => [queue, events.map(({ type }) => type)]),
    );
    expect(types).toEqual({
      VIEWS: ["order.placed", "order.confirmed", "order.cancelling"],
      SHIPPING: ["order.confirmed", "order.cancelling"],
      NOTIFICATIONS: ["order.confirmed"],
      PAYMENTS: ["order.cancelling"],
      INVENTORY: ["order.cancelling"],
      CATALOG: ["order.confirmed"],
    });
  });
});

describe("somebody else's order", () => {
  it("is not found, like one that does not exist", async () => {
    await shop.place();
    await shop.confirm();
    for (const id of ["ord_1", "ord_9"]) {
      const notFound = { code: "ORDER_NOT_FOUND", status: 404, detail: `You have no order ${id}.` };
      await expect(shop.stranger.get({ id })).rejects.toMatchObject(notFound);
      await expect(shop.stranger.cancel({ id })).rejects.toMatchObject(notFound);
      await expect(shop.stranger.stream({ id })).rejects.toMatchObject(notFound);
    }
    expect(await shop.log()).toEqual(["order.placed", "order.confirmed"]);
  });
});

describe("a transition happens once, however many want it at once", () => {
  it("creation", async () => {
    const answers = await Promise.all([shop.place(), shop.place(), shop.place()]);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    expect(await shop.log()).toEqual(["order.placed"]);
  });

  it("cancellation", async () => {
    await shop.place();
    await shop.confirm();
    const answers = await Promise.all([1, 2, 3, 4].map(() => shop.owner.cancel({ id: "ord_1" })));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => "cancelling"));
    expect(answers[0]?.timeline).toHaveLength(3);
    expect(await shop.log()).toEqual(["order.placed", "order.confirmed", "order.cancelling"]);
  });

  it("confirmation by two sagas", async () => {
    await shop.place();
    await Promise.all(
      ["a", "b"].map((saga) => shop.checkout.confirm({ orderId: "ord_1" }, step(saga, "confirm"))),
    );
    expect(await shop.log()).toEqual(["order.placed", "order.confirmed"]);
  });

  it.each([
    ["confirmation first", (o: Orders) => [o.confirm(), o.reject()]],
    ["rejection first", (o: Orders) => [o.reject(), o.confirm()]],
  ])("confirmation against rejection: one wins, the other learns of it (%s)", async (_, race) => {
    await shop.place();
    const ends = await Promise.allSettled<unknown>(race(shop));
    expect(ends.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(ends.find((end) => end.status === "rejected")?.reason).toMatchObject({ code: "CONFLICT" });
    const order = await shop.owner.get({ id: "ord_1" });
    expect(await shop.log()).toEqual(["order.placed", `order.${order.status}`]);
    expect(order.timeline.map(({ status }) => status)).toEqual(["pending", order.status]);
  });
});
