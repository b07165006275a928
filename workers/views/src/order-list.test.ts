import { header } from "@weft/mesh";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ListedOrder } from "./contract.ts";
import {
  history,
  orderEvent,
  type OrderEvent,
  type Life,
  paymentEvent,
  shipmentEvent,
  startViews,
} from "../test/views-service.ts";

const fullLife: Life = ["order.placed", "order.confirmed", "order.cancelling", "order.cancelled"];
const lives: Life[] = [
  ["order.placed"],
  ["order.placed", "order.rejected"],
  ["order.placed", "order.confirmed"],
  ["order.placed", "order.confirmed", "order.cancelling"],
  fullLife,
];
const statusOf = { "order.placed": "pending" } as Record<string, ListedOrder["status"]>;

/** What the view must be after a history, read in order. */
function fold(events: readonly [OrderEvent, ...OrderEvent[]]): ListedOrder {
  const timeline = events.map(({ type, time, data }) => ({
    status: statusOf[type] ?? (type.replace("order.", "") as ListedOrder["status"]),
    at: time,
    ...(type === "order.rejected" && { reason: (data as { reason?: string }).reason }),
  }));
  const { orderId, items, total } = events[0].data as { orderId: string } & Pick<
    ListedOrder,
    "items" | "total"
  >;
  return { id: orderId, status: timeline.at(-1)?.status ?? "pending", items, total, timeline };
}

describe("the list of orders", () => {
  it("equals the in-order fold of the events, whatever order, batches and repetitions they arrive in", async () => {
    const arrivals = fc.tuple(fc.constantFrom(...lives), fc.constantFrom(...lives)).chain(([one, two]) => {
      const first = history({ orderId: "ord_1", products: { a: 1, b: 2 } }, one, 0);
      const second = history({ orderId: "ord_2", products: { b: 1 } }, two, 500);
      const events = [...first, ...second];
      return fc.array(fc.nat(events.length - 1), { maxLength: 2 * events.length }).map((order) => ({
        events,
        order,
        expected: [fold(second), fold(first)],
      }));
    });
    await fc.assert(
      fc.asyncProperty(
        arrivals,
        fc.integer({ min: 1, max: 4 }),
        async ({ events, order, expected }, size) => {
          const view = startViews();
          const messages = view.publish(...events);
          for (let start = 0; start < order.length; start += size) {
            await view.deliver(...order.slice(start, start + size).map((n) => messages[n]));
          }
          expect((await view.list()).items).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("survives events of one order that are applied in two isolates at once", async () => {
    const view = startViews();
    const events = history({ orderId: "ord_1" }, fullLife);
    const messages = view.publish(...events);
    await Promise.all([...messages, ...messages].map((message) => view.deliver(message)));
    expect((await view.list()).items).toEqual([fold(events)]);
  });

  it("shows what has become of the money and the parcel, even before the order itself is seen", async () => {
    const view = startViews();
    await view.see(
      paymentEvent("ord_1", "payment.authorized", 1),
      paymentEvent("ord_1", "payment.captured", 2),
      paymentEvent("ord_1", "payment.refunded", 3),
    );
    await view.see(orderEvent({ orderId: "ord_1" }, "order.placed", 1));
    expect((await view.list()).items[0]).toMatchObject({ payment: "refunded" });
    expect((await view.list()).items[0]).not.toHaveProperty("shipment");
    await view.see(shipmentEvent("ord_1", "shipment.prepared", 1));
    expect((await view.list()).items).toMatchObject([{ payment: "refunded", shipment: "preparing" }]);
    await view.see(shipmentEvent("ord_1", "shipment.stopped", 2));
    expect((await view.list()).items).toMatchObject([{ shipment: "cancelled" }]);
  });

  it("has each order on one page, newest first, and no one else's", async () => {
    const view = startViews();
    for (const [index, at] of [5, 1, 3, 3, 3, 9].entries()) {
      await view.see(orderEvent({ orderId: `ord_${index}` }, "order.placed", 1, at));
    }
    await view.see(orderEvent({ orderId: "ord_other", userId: "usr_2" }, "order.placed", 1));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof view.list>> = await view.list("usr_1", {
        limit: 2,
        ...(cursor && { cursor }),
      });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(["ord_5", "ord_0", "ord_4", "ord_3", "ord_2", "ord_1"]);
  });

  it("takes the largest page", async () => {
    const view = startViews();
    for (let index = 0; index < 101; index++) {
      view.publish(orderEvent({ orderId: `ord_${index}` }, "order.placed", 1, index));
    }
    const { items, nextCursor } = await view.list("usr_1", { limit: 100 });
    expect(items).toHaveLength(100);
    expect(items.every(({ timeline }) => timeline.length === 1)).toBe(true);
    expect(nextCursor).not.toBeNull();
  });
});

describe("reading one's own writes", () => {
  it("shows an order whose events the queue has not brought yet", async () => {
    const events = history({ orderId: "ord_1" }, ["order.placed", "order.confirmed"]);
    const view = startViews();
    view.publish(...events);
    expect((await view.list()).items).toEqual([fold(events)]);
  });

  it("answers from what is there, marked as degraded, when orders cannot be reached", async () => {
    const view = startViews();
    await view.see(orderEvent({ orderId: "ord_1" }, "order.placed", 1));
    const ask = async () => {
      const answer = await view.ask();
      const { items } = (await answer.json()) as { items: unknown[] };
      return { status: answer.status, degraded: answer.headers.get(header.degraded), items: items.length };
    };
    expect(await ask()).toEqual({ status: 200, degraded: null, items: 1 });
    view.logs.orders.down = true;
    expect(await ask()).toEqual({ status: 200, degraded: "orders", items: 1 });
  });
});

describe("a rebuild of the orders", () => {
  it("gives the same list again", async () => {
    const view = startViews();
    await view.see(...history({ orderId: "ord_1" }, fullLife), paymentEvent("ord_1", "payment.captured", 1));
    await view.see(shipmentEvent("ord_1", "shipment.prepared", 1));
    const before = await view.list();
    await view.DB.exec("UPDATE order_view SET status = 'pending'");
    await view.control.rebuildProjection({ name: "orders" });
    await view.deliver(...view.own.drain());
    expect(await view.list()).toEqual(before);
    const { items } = await view.control.listProjections({});
    expect(items.map(({ name, rebuild }) => [name, rebuild?.state])).toEqual([
      ["orders", "done"],
      ["sales", undefined],
      ["products", undefined],
    ]);
  });
});
