import { meshError, MeshError, respond } from "@weft/mesh";
import { beforeEach, describe, expect, it } from "vitest";
import { orderOf, shop, token } from "./fixture.ts";

type Ask = { orderId: string; wait: number; paymentToken: string };

const purchase = { items: [{ productId: "prod_001", quantity: 1 }], paymentToken: "tok_ok" };
let asked: Ask[];
let answer: (input: Ask) => Promise<{ order: ReturnType<typeof orderOf>; done: boolean }>;
let store: ReturnType<typeof shop>;

beforeEach(() => {
  asked = [];
  answer = async ({ orderId }) => ({ order: orderOf(orderId), done: true });
  store = shop({ checkout: { placeOrder: ({ input }) => (asked.push(input), answer(input)) } });
});
const buy = (headers: Record<string, string> = {}, body: unknown = purchase) =>
  store.post("/v1/orders", body, { "idempotency-key": "k1", ...headers });

describe("POST /v1/orders", () => {
  it("answers 201 with the order and where it is, and again for the same key", async () => {
    const first = await buy();
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      id: expect.stringMatching(/^ord_[0-9A-HJKMNP-TV-Z]{26}$/),
      status: "confirmed",
    });
    expect(first.headers.get("location")).toBe(`/v1/orders/${String(first.body.id)}`);
    const again = await buy();
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    expect([again.headers.get("idempotency-replayed"), again.headers.get("cache-control")]).toEqual([
      "true",
      "no-store",
    ]);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ orderId: first.body.id, wait: 15_000 });
  });

  it("answers 202 at once when asked to, and carries on under the same key", async () => {
    answer = async ({ orderId }) => ({ order: orderOf(orderId, "pending"), done: false });
    const first = await buy({ prefer: "wait=5, Respond-Async" });
    expect([first.status, first.headers.get("preference-applied"), asked[0]?.wait]).toEqual([
      202,
      "respond-async",
      0,
    ]);
    expect(first.headers.get("location")).toBe(`/v1/orders/${asked[0]?.orderId}`);
    answer = async ({ orderId }) => ({ order: orderOf(orderId), done: true });
    const again = await buy();
    expect([again.status, again.headers.has("preference-applied"), asked[1]?.wait]).toEqual([
      201,
      false,
      15_000,
    ]);
    expect(asked[1]?.orderId).toBe(asked[0]?.orderId);
  });

  it("does not call an answer asynchronous that was not", async () => {
    const { status, headers } = await buy({ prefer: "respond-async" });
    expect([status, headers.has("preference-applied")]).toEqual([201, false]);
  });

  it("says where a rejected order is found, also when it says so again", async () => {
    answer = async ({ orderId }) => {
      throw new MeshError("OUT_OF_STOCK", { status: 409, headers: { location: `/v1/orders/${orderId}` } });
    };
    expect((await buy()).headers.get("location")).toBe(`/v1/orders/${asked[0]?.orderId}`);
    expect((await buy()).headers.get("location")).toBe(`/v1/orders/${asked[0]?.orderId}`);
  });

  it("answers 202 for an order that takes too long, and the same request asks again", async () => {
    answer = async ({ orderId }) => ({ order: orderOf(orderId, "pending"), done: false });
    expect((await buy()).status).toBe(202);
    expect((await buy()).headers.has("idempotency-replayed")).toBe(false);
    expect(asked[1]?.orderId).toBe(asked[0]?.orderId);
  });

  it.each([
    ["OUT_OF_STOCK", 409],
    ["PAYMENT_DECLINED", 402],
  ])("keeps a refusal: %s", async (code, status) => {
    answer = async () => {
      throw new MeshError(code, { status, detail: "No." });
    };
    expect(await buy()).toMatchObject({ status, body: { code, detail: "No." } });
    expect((await buy()).headers.get("idempotency-replayed")).toBe("true");
    expect(asked).toHaveLength(1);
  });

  it("carries on with the same order after a failure on our side", async () => {
    answer = async () => {
      throw meshError("DEADLINE_EXCEEDED");
    };
    expect((await buy()).status).toBe(504);
    answer = async ({ orderId }) => ({ order: orderOf(orderId), done: true });
    expect((await buy()).status).toBe(201);
    expect(new Set(asked.map(({ orderId }) => orderId)).size).toBe(1);
  });

  it("keeps a failure that will not get better", async () => {
    answer = async () => {
      throw meshError("UNAVAILABLE", "The order was rejected and nothing was charged.", { retryable: false });
    };
    expect(await buy()).toMatchObject({
      status: 503,
      body: { detail: "The order was rejected and nothing was charged.", retryable: false },
    });
    expect((await buy()).headers.get("idempotency-replayed")).toBe("true");
  });

  it.each([
    ["an empty basket", { items: [], paymentToken: "t" }, "/items"],
    [
      "half a cup",
      { items: [{ productId: "prod_001", quantity: 0.5 }], paymentToken: "t" },
      "/items/0/quantity",
    ],
    ["no payment", { items: purchase.items }, "/paymentToken"],
  ])("does not use the key up for %s", async (_, body, pointer) => {
    expect(await buy({}, body)).toMatchObject({
      status: 400,
      body: { code: "VALIDATION_FAILED", errors: [{ pointer }] },
    });
    expect(store.keysInUse.records.size).toBe(0);
    expect((await buy()).status).toBe(201);
  });

  it("gives the key back when a product turns out not to exist", async () => {
    answer = async () => {
      throw new MeshError("PRODUCT_UNKNOWN", {
        status: 422,
        errors: [{ pointer: "/items/0/productId", message: "?" }],
      });
    };
    expect((await buy()).status).toBe(422);
    expect(store.keysInUse.records.size).toBe(0);
  });

  it("needs a key and somebody to sell to", async () => {
    expect(await store.post("/v1/orders", purchase)).toMatchObject({
      status: 400,
      body: { code: "IDEMPOTENCY_KEY_REQUIRED" },
    });
    expect(await buy({ authorization: "" })).toMatchObject({ status: 401 });
    expect(asked).toEqual([]);
  });

  it("keeps the keys of two buyers apart (I16)", async () => {
    await buy();
    const other = await buy({ authorization: `Bearer ${await token("usr_2")}` });
    expect([other.status, other.headers.has("idempotency-replayed")]).toEqual([201, false]);
    expect(new Set(asked.map(({ orderId }) => orderId)).size).toBe(2);
  });

  it("does not burn a key with a body that is too big (I18) or too many requests (I17)", async () => {
    const big = { ...purchase, note: "x".repeat(1024 * 1024) };
    expect(await buy({ "content-length": "1100000" }, big)).toMatchObject({
      status: 413,
      body: { code: "PAYLOAD_TOO_LARGE" },
    });
    store.env.CLIENT_LIMIT = { limit: async () => ({ success: false }) };
    expect((await buy()).status).toBe(429);
    expect(store.keysInUse.records.size).toBe(0);
  });
});

describe("POST /v1/orders/{id}/cancellation", () => {
  it("is done once for each key", async () => {
    let cancelled = 0;
    store = shop({
      orders: { cancel: async ({ input }) => (cancelled++, respond(orderOf(input.id, "cancelling"))) },
    });
    const cancel = (id: string) =>
      store.post(`/v1/orders/${id}/cancellation`, {}, { "idempotency-key": "c1" });
    expect(await cancel("ord_1")).toMatchObject({ status: 202, body: { id: "ord_1", status: "cancelling" } });
    expect((await cancel("ord_1")).headers.get("idempotency-replayed")).toBe("true");
    expect(await cancel("ord_2")).toMatchObject({ status: 422, body: { code: "IDEMPOTENCY_KEY_REUSED" } });
    expect(cancelled).toBe(1);
  });

  it("does not keep a refusal that will soon be another", async () => {
    let status: "pending" | "cancelling" = "pending";
    store = shop({
      orders: {
        cancel: async ({ input }) => {
          if (status === "cancelling") return orderOf(input.id, status);
          throw new MeshError("ORDER_NOT_CANCELLABLE", { status: 409, retryable: true, retryAfter: 1 });
        },
      },
    });
    const cancel = () => store.post("/v1/orders/ord_1/cancellation", {}, { "idempotency-key": "c1" });
    const first = await cancel();
    expect(first).toMatchObject({ status: 409, body: { code: "ORDER_NOT_CANCELLABLE", retryable: true } });
    expect(first.headers.get("retry-after")).toBe("1");
    status = "cancelling";
    expect(await cancel()).toMatchObject({ status: 202, body: { status: "cancelling" } });
  });
});
