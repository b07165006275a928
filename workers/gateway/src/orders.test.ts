import { header, respond } from "@weft/mesh";
import { describe, expect, it } from "vitest";
import { orderOf, shop, token } from "./fixture.ts";

const page = { items: [orderOf("ord_1")], nextCursor: null };
const lagging = () =>
  shop({ views: { listOrders: async () => respond(page, { headers: { [header.degraded]: "orders" } }) } });

async function get(path: string, from = shop()) {
  return from.get(path, { authorization: `Bearer ${await token()}` });
}

describe("the list of orders", () => {
  it("is what the read side says, and nothing else", async () => {
    const { status, headers, body } = await get("/v1/orders?limit=3");
    expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(body).toEqual(page);
  });

  it("says when it may be stale, without a header of the mesh", async () => {
    const { status, headers, body } = await get("/v1/orders", lagging());
    expect([status, body]).toEqual([200, { ...page, degraded: true }]);
    expect(headers.has(header.degraded)).toBe(false);
  });

  it("is named in the overview when it may be stale, and shown", async () => {
    const { body } = await get("/v1/me/overview", lagging());
    expect(body).toMatchObject({ orders: page.items, degraded: ["orders"] });
  });

  it("is not there without the read side", async () => {
    expect(await get("/v1/orders", shop({}, { down: ["views"] }))).toMatchObject({
      status: 503,
      body: { code: "UNAVAILABLE" },
    });
    expect((await shop().get("/v1/orders")).status).toBe(401);
  });
});
