import type { TestMesh } from "@weft/testkit/mesh";
import type { ShopClient } from "@weft/testkit/shop-client";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { edge, operatorOf, startShop } from "./shop.ts";

const catalogOfCheckout = edge("checkout", "catalog");
let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startShop([catalogOfCheckout]);
});
beforeEach(() => mesh.fault(catalogOfCheckout, { kind: "none" }));
afterAll(() => mesh.close());

const change = (id: string, body: object) =>
  operatorOf(mesh).send("PATCH", `/_weft/products/${id}`, { body });
const buy = (buyer: ShopClient, productId: string) => buyer.buy({ items: [{ productId, quantity: 1 }] });
const known = (id: string) =>
  mesh.sql<{ price_amount: number }>("shop-checkout", "SELECT price_amount FROM products WHERE id = ?", id);

describe("the checkout's price list", () => {
  it("is not needed while the catalog answers, and an unknown product is one that the catalog does not know", async () => {
    const buyer = await mesh.shop.signUp();
    expect(await known("prod_001")).toEqual([]);
    expect(await buy(buyer, "prod_001")).toMatchObject({ status: 201 });
    expect(await buy(buyer, "prod_999")).toMatchObject({ status: 422, body: { code: "PRODUCT_UNKNOWN" } });
  });

  it("is filled from the catalog's log, seeded products included", async () => {
    await mesh.cron("shop-checkout");
    expect(await mesh.sql("shop-checkout", "SELECT COUNT(*) AS n FROM products")).toEqual([{ n: 200 }]);
  });

  it("takes orders while the catalog is down", async () => {
    await mesh.fault(catalogOfCheckout, { kind: "down" });
    const buyer = await mesh.shop.signUp();
    expect(await buy(buyer, "prod_002")).toMatchObject({ status: 201, body: { status: "confirmed" } });
    expect(await buy(buyer, "prod_999")).toMatchObject({ status: 503 });
  });

  it("follows a change of price, for operators only", async () => {
    const buyer = await mesh.shop.signUp();
    expect(await buyer.send("PATCH", "/_weft/products/prod_003", { body: { name: "Mine" } })).toMatchObject({
      status: 403,
    });
    for (let n = 0; n < 2; n++)
      expect((await change("prod_003", { price: { amount: 4_321, currency: "EUR" } })).status).toBe(200);
    await vi.waitFor(async () => expect(await known("prod_003")).toEqual([{ price_amount: 4_321 }]), {
      timeout: 15_000,
    });
    await mesh.fault(catalogOfCheckout, { kind: "down" });
    expect(await buy(buyer, "prod_003")).toMatchObject({ status: 201, body: { total: { amount: 4_321 } } });
    expect(
      await mesh.sql(
        "shop-catalog",
        "SELECT type FROM events WHERE subject = 'prod_003' AND subject_seq > 1",
      ),
    ).toEqual([{ type: "product.changed" }]);
  });
});

it("a product that is read from the data centre's copy has its new price as soon as the catalog's hint is there", async () => {
  const path = "/v1/products/prod_040";
  await mesh.shop.get(path);
  expect((await mesh.shop.get(path)).body.price.amount).not.toBe(4_321);
  expect(await change("prod_040", { price: { amount: 4_321, currency: "EUR" } })).toMatchObject({
    status: 200,
  });
  // Long before the copy's time is up.
  await vi.waitFor(async () => expect((await mesh.shop.get(path)).body.price.amount).toBe(4_321), {
    timeout: 5_000,
    interval: 50,
  });
});
