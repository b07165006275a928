import { catalog } from "@shop/catalog/contract";
import { d1 } from "@weft/testkit/d1";
import { eventOf } from "@weft/testkit/event";
import { serve } from "@weft/testkit/serve";
import { drizzle } from "drizzle-orm/d1";
import { beforeEach, describe, expect, it, vi } from "vitest";
import worker from "./service.ts";
import { findProducts } from "./price-list.ts";
import * as schema from "./schema.ts";

const euros = (amount: number) => ({ amount, currency: "EUR" });
const DB = () => d1("migrations/checkout");
const event = (type: "product.added" | "product.changed", amount: number, subjectSeq: number) =>
  eventOf(
    catalog,
    type,
    "prod_001",
    { productId: "prod_001", name: "Lamp", description: "Shines.", price: euros(amount) },
    { subjectSeq },
  );
const lamp = (amount: number) => ({ id: "prod_001", name: "Lamp", price: euros(amount) });

let db: ReturnType<typeof drizzle<typeof schema>>;
let served: ReturnType<typeof serve>;
const getProducts = vi.fn();
const mesh = { catalog: { getProducts } } as unknown as Parameters<typeof findProducts>[1];
beforeEach(() => {
  const database = DB();
  db = drizzle(database, { schema });
  served = serve(worker, { DB: database });
  getProducts.mockReset().mockResolvedValue({ items: [{ id: "prod_002", name: "Mug", price: euros(2) }] });
});
const deliver = (...events: unknown[]) => served.queue("checkout-events", events);

describe("the price list", () => {
  it("is what the catalog's events say, and the catalog is not asked", async () => {
    await deliver(event("product.added", 100, 1), event("product.changed", 90, 2));
    expect(await findProducts(db, mesh, ["prod_001"])).toEqual([lamp(90)]);
    expect(getProducts).not.toHaveBeenCalled();
  });

  it("keeps the newest price in whatever order the events arrive", async () => {
    await deliver(event("product.changed", 90, 2));
    expect(await deliver(event("product.added", 100, 1))).toEqual(["acked"]);
    expect(await findProducts(db, mesh, ["prod_001"])).toEqual([lamp(90)]);
  });

  it("asks the catalog for what is not in it, and for nothing else", async () => {
    await deliver(event("product.added", 100, 1));
    expect(await findProducts(db, mesh, ["prod_001", "prod_002", "nothing"])).toMatchObject([
      lamp(100),
      { id: "prod_002" },
    ]);
    expect(getProducts).toHaveBeenCalledExactlyOnceWith({ ids: "prod_002,nothing" });
  });
});
