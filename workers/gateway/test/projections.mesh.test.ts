import type { TestMesh } from "@weft/testkit/mesh";
import type { ShopClient } from "@weft/testkit/shop-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edge, operatorOf, startShop } from "./shop.ts";

const viewsToOrders = edge("views", "orders");
const REBUILD = "/_weft/projections/views/orders/rebuild";
const TOKEN = "weft-consistency";

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startShop([viewsToOrders]);
});
afterAll(() => mesh.close());

interface Report {
  service: string;
  name: string;
  sources: { source: string; lag: number | null }[];
  rebuild: { state: string; applied: number; total: number } | null;
}

async function reportOf(name: string): Promise<Report | undefined> {
  const { body } = await operatorOf(mesh).get("/_weft/projections");
  return (body.items as Report[]).find((report) => report.name === name);
}

async function rebuilt(name: string): Promise<Report | undefined> {
  await operatorOf(mesh).until("/_weft/projections", ({ body }) =>
    (body.items as Report[]).some((report) => report.name === name && report.rebuild?.state === "done"),
  );
  return reportOf(name);
}

const idsOf = async (buyer: ShopClient) =>
  ((await buyer.get("/v1/orders?limit=100")).body.items as { id: string }[]).map(({ id }) => id);

describe("projections", () => {
  it("are rebuilt by an operator while buyers go on buying and reading", async () => {
    const buyer = await mesh.shop.signUp();
    const bought: string[] = [];
    for (let n = 0; n < 5; n++) bought.unshift((await buyer.buy()).body.id as string);
    expect(await idsOf(buyer)).toEqual(bought);
    // What a projection's former code has got wrong.
    await mesh.sql("shop-views", "UPDATE order_view SET status = 'rejected'");

    const started = await operatorOf(mesh).post(REBUILD);
    expect(started).toMatchObject({ status: 202, body: { service: "views", name: "orders" } });
    const reading = Array.from({ length: 5 }, async () => expect(await idsOf(buyer)).toEqual(bought));
    await Promise.all(reading);
    bought.unshift((await buyer.buy()).body.id as string);

    const report = await rebuilt("orders");
    expect(report?.rebuild?.applied).toBeGreaterThanOrEqual(10);
    const { items } = (await buyer.get("/v1/orders")).body;
    expect(items.map(({ id, status }: { id: string; status: string }) => [id, status])).toEqual(
      bought.map((id) => [id, "confirmed"]),
    );
    expect(await mesh.sql("shop-views", "SELECT * FROM order_view_shadow")).toEqual([]);
  });

  it("can be rebuilt again and again", async () => {
    for (const name of ["orders", "sales", "sales"]) {
      const path = `/_weft/projections/views/${name}/rebuild`;
      expect((await operatorOf(mesh).post(path)).status).toBe(202);
      await rebuilt(name);
    }
    const [row] = await mesh.sql<{ n: number }>("shop-views", "SELECT SUM(sold) AS n FROM product_sales");
    const [orders] = await mesh.sql<{ n: number }>("shop-orders", "SELECT COUNT(*) AS n FROM orders");
    expect(row?.n).toBe(orders?.n);
  });

  it("show the parcel of an order, from shipping's own log", async () => {
    const buyer = await mesh.shop.signUp();
    const { body: order } = await buyer.buy();
    await buyer.until("/v1/orders", ({ body }) => body.items[0]?.shipment === "preparing");
    await buyer.post(`/v1/orders/${order.id}/cancellation`, undefined, { "idempotency-key": "c" });
    const { body } = await buyer.until(
      "/v1/orders",
      (answer) => answer.body.items[0]?.shipment === "cancelled",
    );
    expect(body.items).toMatchObject([{ id: order.id, payment: { amount: order.total } }]);
  });

  it("are for operators to see and rebuild, and only those that there are", async () => {
    const buyer = await mesh.shop.signUp();
    expect((await buyer.get("/_weft/projections")).status).toBe(403);
    expect((await buyer.post(REBUILD)).status).toBe(403);
    for (const path of ["views/nothing", "users/orders"]) {
      const answer = await operatorOf(mesh).post(`/_weft/projections/${path}/rebuild`);
      expect(answer).toMatchObject({ status: 404, body: { code: "PROJECTION_NOT_FOUND" } });
    }
    expect((await operatorOf(mesh).send("DELETE", REBUILD)).status).toBe(200);
  });
});

describe("the consistency token", () => {
  it("names what an order wrote, through checkout and its saga, and lets the list wait for no more", async () => {
    const buyer = await mesh.shop.signUp();
    const placed = await buyer.buy();
    const token = placed.headers.get(TOKEN) ?? "";
    expect(token).toMatch(/(^|,)orders@\d+/);
    expect(token).toMatch(/(^|,)payments@\d+/);
    const listed = await buyer.get("/v1/orders", { [TOKEN]: token });
    expect(listed.body.items).toMatchObject([{ id: placed.body.id, status: "confirmed" }]);

    // All that the token names is there by now: the list needs nobody, and is not degraded.
    await mesh.fault(viewsToOrders, { kind: "down" });
    const again = await buyer.get("/v1/orders", { [TOKEN]: token });
    expect(again.body).toMatchObject({ items: [{ id: placed.body.id }] });
    expect(again.body.degraded).toBeUndefined();
    expect((await buyer.get("/v1/orders")).body.degraded).toBe(true);
    await mesh.fault(viewsToOrders, { kind: "none" });
  });

  it("is passed over if it makes no sense", async () => {
    const buyer = await mesh.shop.signUp();
    for (const token of ["x", "orders@999999999", "users:0000", "@@@@,,,"])
      expect((await buyer.get("/v1/users/me", { [TOKEN]: token })).status).toBe(200);
  });
});
