import { describe, expect, it } from "vitest";
import { type Down, shop, token } from "./fixture.ts";

const overview = async (down: Down = []) => {
  const each = shop({}, { down });
  return each.get("/v1/me/overview", { authorization: `Bearer ${await token()}` });
};

describe("the overview", () => {
  it("is the profile, the newest orders and the open shipments", async () => {
    const { status, headers, body } = await overview();
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body).toMatchObject({
      profile: { id: "usr_1" },
      orders: [{ id: "ord_1" }],
      shipments: [{ id: "shp_1" }],
      degraded: [],
    });
  });

  it.each<[Down, string[]]>([
    [["views"], ["orders"]],
    [["shipping"], ["shipments"]],
    [
      ["views", "shipping"],
      ["orders", "shipments"],
    ],
  ])("is there without %j, and names what is missing", async (down, degraded) => {
    const { status, body } = await overview(down);
    expect(status).toBe(200);
    expect(body.degraded).toEqual(degraded);
    for (const part of degraded) expect(body[part]).toEqual([]);
  });

  it("is not there without the profile", async () => {
    await overview();
    expect(await overview(["users"])).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
  });
});
