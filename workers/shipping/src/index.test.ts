import { orders } from "@shop/orders/contract";
import { d1 } from "@weft/testkit/d1";
import { eventOf } from "@weft/testkit/event";
import { serve } from "@weft/testkit/serve";
import { beforeEach, describe, expect, it } from "vitest";
import { shipping } from "./contract.ts";
import worker from "./index.ts";

const facts = (orderId: string, userId = "usr_1") => ({
  orderId,
  userId,
  items: [{ productId: "prod_001", name: "Lamp", quantity: 1, price: { amount: 1_999, currency: "EUR" } }],
  total: { amount: 1_999, currency: "EUR" },
});
type Event = ReturnType<typeof confirmed> | ReturnType<typeof cancelling>;
const placed = (id: string) => eventOf(orders, "order.placed", id, facts(id));
const confirmed = (id: string, at = 0, userId?: string) =>
  eventOf(orders, "order.confirmed", id, facts(id, userId), { at, subjectSeq: 2 });
const cancelling = (id: string) => eventOf(orders, "order.cancelling", id, facts(id), { subjectSeq: 3 });

let DB: D1Database;
let served: ReturnType<typeof serve>;
/** The orders' log, as far as these tests ask for it: by order. */
let log: (Event | ReturnType<typeof placed>)[];
beforeEach(() => {
  DB = d1("migrations/shipping");
  log = [];
  const fetch = async (request: Request) => {
    const { searchParams } = new URL(request.url);
    const ofOrder = log.filter(({ subject }) => subject === searchParams.get("subject"));
    return Response.json({
      items: ofOrder.filter((event) => event.subjectsequence > Number(searchParams.get("after"))),
      head: ofOrder.length,
    });
  };
  served = serve(worker, { DB, ORDERS: { fetch } });
});

const deliver = (...events: Event[]) => {
  for (const event of events) {
    if (!log.some(({ subject }) => subject === event.subject)) log.push(placed(event.subject));
    if (!log.some(({ id }) => id === event.id)) log.push(event);
  }
  return served.queue("shipping-events", events);
};
const open = (sub = "usr_1", input: { limit?: number; cursor?: string } = {}) =>
  served.client(shipping, { caller: "gateway", principal: { sub, scopes: [] } }).listOpen(input);

describe("shipments", () => {
  it("are prepared for a confirmed order", async () => {
    expect(await deliver(confirmed("ord_1", Date.UTC(2026, 10, 21)))).toEqual(["acked"]);
    expect(await open()).toEqual({
      items: [
        { id: "shp_ord_1", orderId: "ord_1", status: "preparing", createdAt: "2026-11-21T00:00:00.000Z" },
      ],
      nextCursor: null,
    });
  });

  it("belong to one user", async () => {
    await deliver(confirmed("ord_1"), confirmed("ord_2", 0, "usr_2"));
    expect((await open("usr_2")).items.map(({ orderId }) => orderId)).toEqual(["ord_2"]);
    expect((await open("usr_3")).items).toEqual([]);
  });

  it.each([
    ["confirmed, cancelling", [confirmed("ord_1"), cancelling("ord_1")]],
    ["cancelling, confirmed", [cancelling("ord_1"), confirmed("ord_1")]],
    ["with repetitions", [confirmed("ord_1"), cancelling("ord_1"), confirmed("ord_1"), cancelling("ord_1")]],
  ])(
    "one for each order, and stopped by a cancellation in whatever order the events arrive: %s",
    async (_, events) => {
      for (const event of events) expect(await deliver(event)).toEqual(["acked"]);
      expect((await open()).items).toEqual([]);
      const { results } = await DB.prepare("SELECT order_id, status FROM shipments").all();
      expect(results).toEqual([{ order_id: "ord_1", status: "cancelled" }]);
    },
  );

  it("are one for each order, even if the order's confirmation came as two events at once", async () => {
    const again = { ...confirmed("ord_1"), id: "another id" };
    await Promise.all([deliver(confirmed("ord_1")), deliver(confirmed("ord_1")), deliver(again)]);
    expect((await open()).items).toHaveLength(1);
    expect(await DB.prepare("SELECT count(*) AS n FROM events").first("n")).toBe(1);
  });

  it("are told of once each, when they are prepared and when they are stopped", async () => {
    await deliver(confirmed("ord_1"));
    await deliver(cancelling("ord_1"));
    await deliver({ ...cancelling("ord_1"), id: "another id" });
    const { results } = await DB.prepare("SELECT type, subject, data FROM events ORDER BY seq").all();
    const data = JSON.stringify({ shipmentId: "shp_ord_1", orderId: "ord_1", userId: "usr_1" });
    expect(results).toEqual([
      { type: "shipment.prepared", subject: "ord_1", data },
      { type: "shipment.stopped", subject: "ord_1", data },
    ]);
  });

  it("are listed newest first, each on one page", async () => {
    const times = [3, 1, 2, 2, 2];
    await deliver(...times.map((at, index) => confirmed(`ord_${index}`, at)));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof open>> = await open("usr_1", {
        limit: 2,
        ...(cursor && { cursor }),
      });
      seen.push(...page.items.map(({ orderId }) => orderId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(["ord_0", "ord_4", "ord_3", "ord_2", "ord_1"]);
  });

  it("refuses a cursor that it has not made", async () => {
    await expect(open("usr_1", { cursor: "x" })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      status: 400,
    });
  });
});
