import type { Edge, TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { edge, operatorOf, startShop } from "./shop.ts";

const edges = {
  usersOfGateway: edge("gateway", "users"),
  inventoryOfGateway: edge("gateway", "inventory"),
  viewsOfGateway: edge("gateway", "views"),
  paymentsOfGateway: edge("gateway", "payments"),
  shippingOfGateway: edge("gateway", "shipping"),
  checkoutOfGateway: edge("gateway", "checkout"),
  catalogOfCheckout: edge("checkout", "catalog"),
  paymentsOfCheckout: edge("checkout", "payments"),
  inventoryOfCheckout: edge("checkout", "inventory"),
  ordersOfCheckout: edge("checkout", "orders"),
} satisfies Record<string, Edge>;

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startShop(Object.values(edges));
});
beforeEach(() => Promise.all(Object.values(edges).map((each) => mesh.fault(each, { kind: "none" }))));
afterAll(() => mesh.close());

const audit = async () => (await operatorOf(mesh).get("/_weft/audit")).body;

describe.each(["down", "broken"] as const)("a service that is %s", (kind) => {
  it("leaves the product page without stock", async () => {
    await mesh.fault(edges.inventoryOfGateway, { kind });
    const page = await mesh.shop.get("/v1/products/prod_001");
    expect(page).toMatchObject({
      status: 200,
      body: { id: "prod_001", stock: { available: null, degraded: true } },
    });
    const list = await mesh.shop.get("/v1/products?limit=2");
    expect(list).toMatchObject({
      status: 200,
      body: { items: [{ stock: { degraded: true } }, { stock: { degraded: true } }] },
    });
  });

  it("leaves recommendations with best sellers", async () => {
    await mesh.fault(edges.viewsOfGateway, { kind });
    const { status, body } = await mesh.shop.get("/v1/products/prod_001/recommendations");
    expect(status).toBe(200);
    expect(body.degraded).toBe(true);
    expect(body.items.length).toBeGreaterThan(0);
  });

  it("leaves the order history without the payments' details", async () => {
    const buyer = await mesh.shop.signUp();
    const { id } = (await buyer.buy()).body;
    const payment = { status: "captured", amount: { amount: 1499, currency: "EUR" } };
    // The gateway's circuit to payments may still be letting calls in by and by.
    const order = await buyer.until(`/v1/orders/${id}`, ({ body }) => !body.degraded);
    expect(order.body).toMatchObject({ id, status: "confirmed", payment });
    const list = await buyer.until("/v1/orders", ({ body }) => !body.degraded);
    expect(list.body.items).toMatchObject([{ id, status: "confirmed", payment }]);
    const stranger = await mesh.shop.signUp();
    expect((await stranger.get(`/v1/orders/${id}`)).status).toBe(404);

    await mesh.fault(edges.paymentsOfGateway, { kind });
    const bare = await buyer.get(`/v1/orders/${id}`);
    expect(bare).toMatchObject({ status: 200, body: { id, status: "confirmed", degraded: true } });
    expect(bare.body).not.toHaveProperty("payment");
    const bareList = await buyer.get("/v1/orders");
    expect(bareList).toMatchObject({ status: 200, body: { items: [{ id }], degraded: true } });
    expect(bareList.body.items[0].payment ?? {}).not.toHaveProperty("amount");
  });

  it("leaves the overview without its optional parts, by name", async () => {
    const buyer = await mesh.shop.signUp();
    await mesh.fault(edges.viewsOfGateway, { kind });
    await mesh.fault(edges.shippingOfGateway, { kind });
    const { status, body } = await buyer.get("/v1/me/overview");
    expect(status).toBe(200);
    expect(body.profile.id).toBeTruthy();
    expect(body.degraded.toSorted()).toEqual(["orders", "shipments"]);
  });

  it("fails the overview when its required part is missing", async () => {
    const buyer = await mesh.shop.signUp();
    await buyer.get("/v1/users/me");
    await mesh.fault(edges.usersOfGateway, { kind });
    expect(await buyer.get("/v1/me/overview")).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
  });

  it.each([
    "catalogOfCheckout",
    "paymentsOfCheckout",
    "inventoryOfCheckout",
    "ordersOfCheckout",
    "checkoutOfGateway",
  ] as const)(
    "fails an order cleanly (%s)",
    async (name) => {
      const buyer = await mesh.shop.signUp();
      await mesh.fault(edges[name], { kind });
      const failed = await buyer.buy();
      expect(failed).toMatchObject({
        status: 503,
        body: { code: "UNAVAILABLE", traceId: expect.stringMatching(/^[0-9a-f]{32}$/) },
      });
      await mesh.fault(edges[name], { kind: "none" });
      await operatorOf(mesh).until(
        "/_weft/audit",
        ({ body }) =>
          body.balanced && body.money.inFlight === 0 && body.stock.reserved === 0 && !body.orders.pending,
        { tries: 200 },
      );
      expect((await buyer.buy()).status).toBe(201);
    },
    40_000,
  );
});

describe("an answer that is lost on the way back", () => {
  it.each(["ordersOfCheckout", "paymentsOfCheckout", "inventoryOfCheckout"] as const)(
    "does not repeat the effect (%s)",
    async (name) => {
      const buyer = await mesh.shop.signUp();
      await mesh.fault(edges[name], { kind: "answer-lost" }, 2);
      expect(await buyer.buy()).toMatchObject({ status: 201, body: { status: "confirmed" } });
      expect(await mesh.callsOver(edges[name])).toBeGreaterThan(2);
      expect(await audit()).toMatchObject({ balanced: true, money: { inFlight: 0 }, stock: { reserved: 0 } });
    },
    40_000,
  );
});

describe("health", () => {
  it("names the service that is down", async () => {
    await mesh.fault(edges.viewsOfGateway, { kind: "down" });
    const { status, body } = await mesh.shop.get("/health/detailed");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: "DEGRADED",
      checks: { views: { status: "DOWN" }, users: { status: "UP" } },
    });
    expect((await mesh.shop.get("/health")).body).toEqual({ status: "UP" });
  });
});
