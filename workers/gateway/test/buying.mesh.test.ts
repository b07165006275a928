import type { TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operatorOf, startShop } from "./shop.ts";

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startShop();
});
afterAll(() => mesh.close());

const audit = async () => (await operatorOf(mesh).get("/_weft/audit")).body;
const stockOf = async (productId: string) =>
  (await mesh.shop.get(`/v1/products/${productId}`)).body.stock.available as number;
const basket = (productId: string, quantity = 1) => [{ productId, quantity }];

describe("buying", () => {
  it("turns a basket into a confirmed order, takes the money once and the units for good", async () => {
    const buyer = await mesh.shop.signUp();
    const before = await stockOf("prod_002");
    const product = (await mesh.shop.get("/v1/products/prod_002")).body;
    const placed = await buyer.buy({ items: basket("prod_002", 3) });
    expect(placed.status).toBe(201);
    expect(placed.headers.get("location")).toBe(`/v1/orders/${placed.body.id}`);
    expect(placed.body).toMatchObject({
      status: "confirmed",
      items: [{ productId: "prod_002", quantity: 3 }],
      total: { amount: product.price.amount * 3, currency: product.price.currency },
    });
    expect(placed.body.timeline.map((entry: { status: string }) => entry.status)).toEqual([
      "pending",
      "confirmed",
    ]);
    expect((await buyer.get(`/v1/orders/${placed.body.id}`)).body).toEqual({
      ...placed.body,
      payment: { status: "captured", amount: placed.body.total },
    });
    expect(await stockOf("prod_002")).toBe(before - 3);
    expect(await audit()).toMatchObject({ balanced: true, money: { inFlight: 0 }, stock: { reserved: 0 } });
  });

  it("shows a buyer the order in the list right away, and to nobody else", async () => {
    const [buyer, other] = await Promise.all([mesh.shop.signUp(), mesh.shop.signUp()]);
    const { body: order } = await buyer.buy();
    expect((await buyer.get("/v1/orders")).body.items).toMatchObject([{ id: order.id, status: "confirmed" }]);
    expect((await other.get("/v1/orders")).body.items).toEqual([]);
    expect(await other.get(`/v1/orders/${order.id}`)).toMatchObject({
      status: 404,
      body: { code: "ORDER_NOT_FOUND" },
    });
  });

  it("rejects an order that is out of stock and voids the authorization", async () => {
    const buyer = await mesh.shop.signUp();
    const refused = await buyer.buy({ items: [...basket("prod_003"), ...basket("prod_013")] });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: "OUT_OF_STOCK", retryable: false, errors: [{ pointer: "/items/1/quantity" }] },
    });
    const [order] = (await buyer.get("/v1/orders")).body.items;
    expect(order).toMatchObject({ status: "rejected" });
    expect(refused.headers.get("location")).toBe(`/v1/orders/${order.id}`);
    const [payment] = await mesh.sql(
      "shop-payments",
      "SELECT status FROM payments WHERE order_id = ?",
      order.id,
    );
    expect(payment).toEqual({ status: "voided" });
    expect(await audit()).toMatchObject({ balanced: true, money: { inFlight: 0 }, stock: { reserved: 0 } });
  });

  it("says of more than there are that they are out of stock", async () => {
    const buyer = await mesh.shop.signUp();
    const refused = await buyer.buy({ items: basket("prod_040", 1_000_001) });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: "OUT_OF_STOCK", errors: [{ pointer: "/items/0/quantity" }] },
    });
    const tooMuch = await buyer.buy({
      items: Array.from({ length: 50 }, () => basket("prod_040", 1_000_000_000)).flat(),
    });
    expect([400, 409]).toContain(tooMuch.status);
  });

  it("rejects a declined payment without ever reserving stock", async () => {
    const buyer = await mesh.shop.signUp();
    const refused = await buyer.buy({ paymentToken: "tok_declined" });
    expect(refused).toMatchObject({ status: 402, body: { code: "PAYMENT_DECLINED" } });
    const [order] = (await buyer.get("/v1/orders")).body.items;
    expect(order).toMatchObject({ status: "rejected" });
    expect(
      await mesh.sql("shop-inventory", "SELECT * FROM reservations WHERE order_id = ?", order.id),
    ).toEqual([]);
    expect(await audit()).toMatchObject({ balanced: true, money: { inFlight: 0 } });
  });

  it.each(["tok_slow", "tok_error_once", "tok_unknown"])("charges %s exactly once", async (paymentToken) => {
    const buyer = await mesh.shop.signUp();
    const placed = await buyer.buy({ paymentToken });
    expect(placed).toMatchObject({ status: 201, body: { status: "confirmed" } });
    const events = await mesh.sql<{ type: string }>(
      "shop-payments",
      "SELECT type FROM events WHERE subject = ? ORDER BY seq",
      placed.body.id,
    );
    expect(events.map(({ type }) => type)).toEqual(["payment.authorized", "payment.captured"]);
    expect(await audit()).toMatchObject({ balanced: true, money: { inFlight: 0 } });
  });

  it("names the basket line whose product does not exist", async () => {
    const buyer = await mesh.shop.signUp();
    const refused = await buyer.buy({ items: [...basket("prod_001"), ...basket("prod_999")] });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: "PRODUCT_UNKNOWN", errors: [{ pointer: "/items/1/productId" }] },
    });
  });

  it("answers at once when asked to, and finishes the order behind it", async () => {
    const buyer = await mesh.shop.signUp();
    const placed = await buyer.buy({ headers: { prefer: "respond-async" } });
    expect(placed.status).toBe(202);
    expect(placed.headers.get("preference-applied")).toBe("respond-async");
    expect(placed.body.status).toBe("pending");
    await buyer.until(placed.headers.get("location") ?? "", ({ body }) => body.status === "confirmed");
  });

  it("streams an order's status changes and resumes after the last one seen", async () => {
    const buyer = await mesh.shop.signUp();
    const { body: order } = await buyer.buy();
    const whole = await buyer.get(`/v1/orders/${order.id}/events`);
    expect(whole.headers.get("content-type")).toContain("text/event-stream");
    expect(whole.body).toMatch(/"pending"[\s\S]*"confirmed"/);
    const rest = await buyer.get(`/v1/orders/${order.id}/events`, { "last-event-id": "1" });
    expect(rest.body).not.toContain('"pending"');
    expect(rest.body).toContain('"confirmed"');
  });
});

describe("after an order", () => {
  it("tells shipping, the buyer and the recommendations through events", async () => {
    const buyer = await mesh.shop.signUp();
    const { body: order } = await buyer.buy({ items: [...basket("prod_021"), ...basket("prod_022")] });
    const overview = await buyer.until("/v1/me/overview", ({ body }) => body.shipments.length > 0);
    expect(overview.body).toMatchObject({
      shipments: [{ orderId: order.id }],
      orders: [{ id: order.id }],
      degraded: [],
    });
    await buyer.until(
      "/v1/products/prod_021/recommendations",
      ({ body }) => body.items[0]?.id === "prod_022",
    );
    const about = (items: { subject: string; status: string }[]) =>
      items.filter(({ subject }) => subject.includes(order.id)).map(({ status }) => status);
    const mails = await operatorOf(mesh).until(
      "/_weft/notifications?limit=100",
      ({ body }) => about(body.items)[0] === "sent",
    );
    expect(about(mails.body.items)).toEqual(["sent"]);
  });

  it("cancels by choreography: money and units go back, the parcel is stopped", async () => {
    const buyer = await mesh.shop.signUp();
    const before = await stockOf("prod_030");
    const { body: order } = await buyer.buy({ items: basket("prod_030", 2) });
    const cancelled = await buyer.post(`/v1/orders/${order.id}/cancellation`, undefined, {
      "idempotency-key": "cancel-1",
    });
    expect(cancelled).toMatchObject({ status: 202, body: { status: "cancelling" } });
    expect(cancelled.headers.get("location")).toBe(`/v1/orders/${order.id}`);
    await buyer.until(`/v1/orders/${order.id}`, ({ body }) => body.status === "cancelled");
    expect(await stockOf("prod_030")).toBe(before);
    const [payment] = await mesh.sql(
      "shop-payments",
      "SELECT status FROM payments WHERE order_id = ?",
      order.id,
    );
    expect(payment).toEqual({ status: "refunded" });
    await buyer.until("/v1/me/overview", ({ body }) => body.shipments.length === 0);
    expect(await audit()).toMatchObject({ balanced: true });
  });
});
