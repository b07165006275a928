import { header, MeshError, respond } from "@weft/mesh";
import { describe, expect, it, vi } from "vitest";
import { type Down, orderOf, shop, token } from "./fixture.ts";

const order = orderOf("ord_1");
const amount = { amount: 1999, currency: "EUR" };
const paid = { ...order, payment: { status: "captured", amount } };
const page = { items: [paid], nextCursor: null };
/** As the read side has it. */
const listed = { items: [{ ...order, payment: "authorized" as const }], nextCursor: null };
const lagging = (down: Down = []) =>
  shop(
    { views: { listOrders: async () => respond(listed, { headers: { [header.degraded]: "orders" } }) } },
    { down },
  );

async function get(path: string, from = shop()) {
  return from.get(path, { authorization: `Bearer ${await token()}` });
}

describe("the list of orders", () => {
  it("is what the read side says with what payments says, and nothing else", async () => {
    const { status, headers, body } = await get("/v1/orders?limit=3");
    expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(body).toEqual(page);
  });

  it("shows without payments what the read side last heard of them, and says so", async () => {
    const { status, body } = await get("/v1/orders", shop({}, { down: ["payments"] }));
    const items = [{ ...order, payment: { status: "authorized" } }];
    expect([status, body]).toEqual([200, { items, nextCursor: null, degraded: true }]);
    expect((await get("/v1/orders", lagging(["payments"]))).body).toMatchObject({ items, degraded: true });
  });

  it("names in the log what is missing from it", async () => {
    const written = vi.spyOn(console, "log").mockImplementation(() => {});
    await get("/v1/orders", lagging(["payments"]));
    const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
    written.mockRestore();
    expect(lines).toContainEqual(
      expect.objectContaining({ message: "request", degraded: ["orders", "payments"] }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({
        message: "degraded",
        operation: "payments.getPayments",
        code: "UNAVAILABLE",
      }),
    );
  });

  it("asks nobody about the payments of no orders", async () => {
    const none = { items: [], nextCursor: null };
    const alone = shop({ views: { listOrders: async () => none } }, { down: ["payments"] });
    expect((await get("/v1/orders", alone)).body).toEqual(none);
  });

  it("says when it may be stale, without a header of the mesh", async () => {
    const { status, headers, body } = await get("/v1/orders", lagging());
    expect([status, body]).toEqual([200, { ...page, degraded: true }]);
    expect(headers.has(header.degraded)).toBe(false);
  });

  it("is named in the overview when it may be stale, and shown", async () => {
    const { body } = await get("/v1/me/overview", lagging());
    expect(body).toMatchObject({ orders: [order], degraded: ["orders"] });
  });

  it("is not there without the read side", async () => {
    expect(await get("/v1/orders", shop({}, { down: ["views"] }))).toMatchObject({
      status: 503,
      body: { code: "UNAVAILABLE" },
    });
    expect((await shop().get("/v1/orders")).status).toBe(401);
  });
});

describe("an order", () => {
  it("is what orders says with what payments says", async () => {
    const { status, headers, body } = await get("/v1/orders/ord_1");
    expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(body).toEqual(paid);
  });

  it("has no payment where nothing was paid: that is known, and nothing is missing", async () => {
    const unpaid = shop({ payments: { getPayments: async () => ({ items: [] }) } });
    expect((await get("/v1/orders/ord_1", unpaid)).body).toEqual(order);
    expect((await get("/v1/orders", unpaid)).body).toEqual({ items: [order], nextCursor: null });
  });

  it("is there without its payment while payments is away, and says so", async () => {
    const { status, body } = await get("/v1/orders/ord_1", shop({}, { down: ["payments"] }));
    expect([status, body]).toEqual([200, { ...order, degraded: true }]);
  });

  it("is not there without orders, nor for somebody else", async () => {
    expect((await get("/v1/orders/ord_1", shop({}, { down: ["orders"] }))).status).toBe(503);
    const unknown = shop({
      orders: {
        get: async () => {
          throw new MeshError("ORDER_NOT_FOUND", { status: 404 });
        },
      },
    });
    expect(await get("/v1/orders/ord_9", unknown)).toMatchObject({
      status: 404,
      body: { code: "ORDER_NOT_FOUND" },
    });
    expect((await shop().get("/v1/orders/ord_1")).status).toBe(401);
  });
});
