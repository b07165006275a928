import type { TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startShop } from "./shop.ts";

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startShop();
});
afterAll(() => mesh.close());

const order = { items: [{ productId: "prod_005", quantity: 1 }], paymentToken: "tok_ok" };
const ordersOf = async (buyer: typeof mesh.shop) => (await buyer.get("/v1/orders?limit=100")).body.items;

describe("POST /v1/orders with an Idempotency-Key", () => {
  it("gives one order, one charge and the same answer for the same key and body", async () => {
    const buyer = await mesh.shop.signUp();
    const first = await buyer.post("/v1/orders", order, { "idempotency-key": "k1" });
    const again = await buyer.post("/v1/orders", order, { "idempotency-key": '"k1"' });
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(first.headers.has("idempotency-replayed")).toBe(false);
    expect(first.headers.get("weft-consistency")).toContain("orders@");
    expect(again.headers.get("weft-consistency")).toBe(first.headers.get("weft-consistency"));
    expect(await ordersOf(buyer)).toHaveLength(1);
    const captures = await mesh.sql(
      "shop-payments",
      "SELECT * FROM events WHERE subject = ? AND type = 'payment.captured'",
      first.body.id,
    );
    expect(captures).toHaveLength(1);
  });

  it("counts a body that is the same but for white space and key order as the same", async () => {
    const buyer = await mesh.shop.signUp();
    const key = { "idempotency-key": "k1" };
    const first = await buyer.post("/v1/orders", order, key);
    const again = await buyer.post(
      "/v1/orders",
      JSON.stringify({ paymentToken: order.paymentToken, items: order.items }, null, 2),
      key,
    );
    expect(again.body).toEqual(first.body);
  });

  it("answers 422 to another body, 400 to no key or an unusable one", async () => {
    const buyer = await mesh.shop.signUp();
    await buyer.post("/v1/orders", order, { "idempotency-key": "k1" });
    const other = { ...order, items: [{ productId: "prod_006", quantity: 1 }] };
    expect(await buyer.post("/v1/orders", other, { "idempotency-key": "k1" })).toMatchObject({
      status: 422,
      body: { code: "IDEMPOTENCY_KEY_REUSED" },
    });
    expect(await buyer.post("/v1/orders", order)).toMatchObject({
      status: 400,
      body: { code: "IDEMPOTENCY_KEY_REQUIRED" },
    });
    const unusable = await buyer.post("/v1/orders", order, { "idempotency-key": "x".repeat(300) });
    expect(unusable).toMatchObject({ status: 400, body: { code: "IDEMPOTENCY_KEY_INVALID" } });
    expect(unusable.headers.get("link")).toBe('</docs>; rel="describedby"; type="text/html"');
    expect(await ordersOf(buyer)).toHaveLength(1);
  });

  it("lets one of many concurrent requests through and answers 409 or the same order to the others", async () => {
    const buyer = await mesh.shop.signUp();
    const key = { "idempotency-key": "k1" };
    const slow = { ...order, paymentToken: "tok_slow" };
    const answers = await Promise.all(Array.from({ length: 20 }, () => buyer.post("/v1/orders", slow, key)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(
      answers.filter(({ status, body }) => status === 409 && body.code === "IDEMPOTENCY_KEY_IN_FLIGHT"),
    ).toHaveLength(19);
    expect(await ordersOf(buyer)).toHaveLength(1);
  });

  it("keeps the keys of two buyers apart", async () => {
    const [one, two] = await Promise.all([mesh.shop.signUp(), mesh.shop.signUp()]);
    const first = await one.post("/v1/orders", order, { "idempotency-key": "shared" });
    const second = await two.post("/v1/orders", order, { "idempotency-key": "shared" });
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.body.id);
  });

  it("replays a refusal as well", async () => {
    const buyer = await mesh.shop.signUp();
    const declined = { ...order, paymentToken: "tok_declined" };
    const first = await buyer.post("/v1/orders", declined, { "idempotency-key": "k1" });
    const again = await buyer.post("/v1/orders", declined, { "idempotency-key": "k1" });
    expect(first.status).toBe(402);
    expect(again.status).toBe(402);
    expect(again.body).toEqual(first.body);
    expect(await ordersOf(buyer)).toHaveLength(1);
  });

  it("does not burn the key of a request that never started", async () => {
    const buyer = await mesh.shop.signUp();
    const key = { "idempotency-key": "k1" };
    expect((await buyer.post("/v1/orders", { items: [] }, key)).status).toBe(400);
    expect((await buyer.post("/v1/orders", order, key)).status).toBe(201);
  });
});

describe("POST /v1/users with an Idempotency-Key", () => {
  const account = (email: string) => ({ email, name: "Ada", password: "correct horse" });

  it("opens one account, and tells strangers with the same key apart", async () => {
    const key = { "idempotency-key": "k1" };
    const first = await mesh.shop.post("/v1/users", account("once@example.com"), key);
    const again = await mesh.shop.post("/v1/users", account("once@example.com"), key);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    const other = await mesh.shop.post("/v1/users", account("other@example.com"), key);
    expect(other).toMatchObject({ status: 201, body: { email: "other@example.com" } });
  });

  it("needs none: then a taken address is a taken address", async () => {
    expect(await mesh.shop.post("/v1/users", account("plain@example.com"))).toMatchObject({ status: 201 });
    expect(await mesh.shop.post("/v1/users", account("plain@example.com"))).toMatchObject({
      status: 409,
      body: { code: "EMAIL_TAKEN" },
    });
  });
});
