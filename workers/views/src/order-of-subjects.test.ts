import type { Envelope } from "@weft/events";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  history,
  type Life,
  paymentEvent,
  productEvent,
  shipmentEvent,
  startViews,
} from "../test/views-service.ts";

const LIVES: readonly Life[] = [
  ["order.placed", "order.confirmed"],
  ["order.placed", "order.rejected"],
  ["order.placed", "order.confirmed", "order.cancelling", "order.cancelled"],
];
const TABLES = [
  "order_view",
  "order_view_timeline",
  "payment_view",
  "shipment_view",
  "product_sales",
  "bought_together",
];

/** Everything that readers can see; the numbers of products' rows are nobody's business. */
async function seen({ DB, search }: ReturnType<typeof startViews>) {
  const rows = TABLES.map((table) => DB.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).raw());
  return [await search("lamp"), ...(await Promise.all(rows))];
}

/** The same events, each subject's in their order. */
function interleaved(subjects: readonly (readonly Envelope[])[], picks: readonly number[]): Envelope[] {
  const left = subjects.map((events) => [...events]);
  const next = (pick: number) => {
    const open = left.filter(({ length }) => length > 0);
    return open[pick % open.length]?.shift() ?? [];
  };
  return Array.from({ length: left.flat().length }, (_, n) => next(picks[n] ?? 0)).flat();
}

it("events of different subjects commute in every projection, so that dead ones can be replayed", async () => {
  const order = fc.record({
    life: fc.constantFrom(...LIVES),
    products: fc.dictionary(fc.constantFrom("a", "b", "c"), fc.integer({ min: 1, max: 3 }), { minKeys: 1 }),
  });
  const scenario = fc.record({
    orders: fc.array(order, { minLength: 2, maxLength: 4 }),
    picks: fc.array(fc.nat(30), { minLength: 40, maxLength: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ orders, picks }) => {
      const subjects: Envelope[][] = orders.flatMap(({ life, products }, n) => {
        const orderId = `ord_${n}`;
        const paid = [
          paymentEvent(orderId, "payment.authorized", 1),
          paymentEvent(orderId, "payment.captured", 2),
        ];
        const sent = [
          shipmentEvent(orderId, "shipment.prepared", 1),
          shipmentEvent(orderId, "shipment.stopped", 2),
        ];
        return [history({ orderId, products }, life), paid, sent];
      });
      for (const id of ["a", "b", "c"])
        subjects.push([
          productEvent({ id, name: "Lamp" }),
          productEvent({ id, name: `Lamp ${id} for lamp oil` }, "product.changed", 2),
        ]);
      const [one, other] = [startViews(), startViews()];
      await one.see(...subjects.flat());
      await other.see(...interleaved(subjects, picks));
      expect(await seen(other)).toEqual(await seen(one));
      expect((await seen(one))[0]).toMatchObject({ items: [{}, {}, {}] });
    }),
    { numRuns: 30 },
  );
});
