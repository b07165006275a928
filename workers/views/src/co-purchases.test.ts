import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Basket, history, type Life, startViews } from "../test/views-service.ts";

const bought = (orderId: string, products: Record<string, number>) =>
  history({ orderId, products }, ["order.placed", "order.confirmed"]);
const cancelledAgain: Life = ["order.placed", "order.confirmed", "order.cancelling", "order.cancelled"];

describe("recommendations", () => {
  it("are what was bought together most often, then best sellers, never the product itself", async () => {
    const view = startViews();
    await view.see(...bought("ord_1", { a: 1, b: 1 }), ...bought("ord_2", { a: 1, b: 1, c: 1 }));
    await view.see(...bought("ord_3", { d: 9 }), ...bought("ord_4", { e: 5 }), ...bought("ord_5", { a: 50 }));
    expect(await view.recommend("a")).toEqual(["b", "c", "d", "e"]);
    expect(await view.recommend("a", 3)).toEqual(["b", "c", "d"]);
    expect(await view.recommend("d")).toEqual(["a", "e", "b", "c"]);
    expect(await view.recommend("unknown", 1)).toEqual(["a"]);
  });

  it("fill up even if all the best sellers were bought together with the product", async () => {
    const view = startViews();
    await view.see(...bought("ord_1", { a: 1, b: 90, c: 80, d: 70 }), ...bought("ord_2", { e: 1 }));
    expect(await view.recommend("a", 4)).toEqual(["b", "c", "d", "e"]);
  });

  it("forget an order that was cancelled, and never counted one that was rejected", async () => {
    const view = startViews();
    await view.see(...history({ orderId: "ord_1", products: { a: 1, b: 1 } }, cancelledAgain));
    await view.see(
      ...history({ orderId: "ord_2", products: { a: 1, c: 1 } }, ["order.placed", "order.rejected"]),
    );
    expect(await view.recommend("a")).toEqual([]);
  });

  it("take the largest basket: 50 products make 2,450 pairs", async () => {
    const view = startViews();
    const products = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`prod_${100 + index}`, 1]));
    await view.see(...bought("ord_1", products));
    const { results } = await view.DB.prepare(
      "SELECT COUNT(*) AS n, SUM(count) AS sum FROM bought_together",
    ).all();
    expect(results).toEqual([{ n: 2_450, sum: 2_450 }]);
    expect(await view.recommend("prod_100", 100)).toHaveLength(49);
  });

  it("count each order once, however often and in whatever order its events arrive", async () => {
    const product = fc.constantFrom("a", "b", "c");
    const basket = fc.dictionary(product, fc.integer({ min: 1, max: 3 }), { minKeys: 1 });
    const order = fc.record({ products: basket, cancelled: fc.boolean() });
    const scenario = fc.array(order, { minLength: 1, maxLength: 4 }).chain((placed) => {
      const events = placed.flatMap(({ products, cancelled }, index) => {
        const life: Basket = { orderId: `ord_${index}`, products };
        return history(life, cancelled ? cancelledAgain : ["order.placed", "order.confirmed"]);
      });
      const arrivals = fc.array(fc.nat(events.length - 1), { maxLength: 2 * events.length });
      return fc.record({ placed: fc.constant(placed), events: fc.constant(events), arrivals });
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ placed, events, arrivals }) => {
        const view = startViews();
        const messages = view.publish(...events);
        for (const n of arrivals) await view.deliver(messages[n]);
        await view.served.cron(new Date());
        const kept = placed.filter(({ cancelled }) => !cancelled).map(({ products }) => products);
        const sold = new Map<string, number>();
        const pairs = new Map<string, number>();
        for (const products of kept) {
          for (const [id, quantity] of Object.entries(products)) {
            sold.set(id, (sold.get(id) ?? 0) + quantity);
            for (const other of Object.keys(products)) {
              if (other !== id) pairs.set(`${id} ${other}`, (pairs.get(`${id} ${other}`) ?? 0) + 1);
            }
          }
        }
        const sales = await view.DB.prepare(
          "SELECT product_id, sold FROM product_sales WHERE sold <> 0",
        ).raw();
        const together = await view.DB.prepare(
          "SELECT product_id || ' ' || other_id, count FROM bought_together WHERE count <> 0",
        ).raw();
        expect(new Map(sales as [string, number][])).toEqual(sold);
        expect(new Map(together as [string, number][])).toEqual(pairs);
      }),
      { numRuns: 40 },
    );
  });
});
