import { MeshError } from "@weft/mesh";
import { describe, expect, it } from "vitest";
import { type Down, shop } from "./fixture.ts";

const teapot = {
  id: "prod_001",
  name: "Teapot",
  description: "Pours well",
  price: { amount: 1999, currency: "EUR" },
};

describe("product pages", () => {
  it("show each product with what is left of it", async () => {
    expect((await shop().get("/v1/products/prod_001")).body).toEqual({ ...teapot, stock: { available: 7 } });
    expect((await shop().get("/v1/products?limit=1")).body).toEqual({
      items: [{ ...teapot, stock: { available: 7 } }],
      nextCursor: null,
    });
  });

  it("say so when the stock is not known at the moment", async () => {
    const degraded = { available: null, degraded: true };
    const half = shop({}, { down: ["inventory"] });
    expect(await half.get("/v1/products/prod_001")).toMatchObject({
      status: 200,
      body: { ...teapot, stock: degraded },
    });
    const { status, body } = await half.get("/v1/products");
    expect(status).toBe(200);
    expect((body.items as { stock: unknown }[]).map(({ stock }) => stock)).toEqual([
      degraded,
      degraded,
      degraded,
    ]);
  });

  it("have nothing left of what was never put on the shelf", async () => {
    const empty = shop({
      inventory: {
        getStock: async () => {
          throw new MeshError("STOCK_UNKNOWN", { status: 404 });
        },
        getStocks: async () => ({ items: [] }),
      },
    });
    expect((await empty.get("/v1/products/prod_001")).body).toMatchObject({ stock: { available: 0 } });
    expect((await empty.get("/v1/products?limit=1")).body).toMatchObject({
      items: [{ stock: { available: 0 } }],
    });
  });

  it("need the catalog", async () => {
    const none = shop({}, { down: ["catalog"] });
    expect(await none.get("/v1/products")).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
    expect(await none.get("/v1/products/prod_001")).toMatchObject({ status: 503 });
  });

  it("answer 404 for what is not sold, even when the stock is not known", async () => {
    expect(await shop().get("/v1/products/prod_999")).toMatchObject({
      status: 404,
      body: { code: "PRODUCT_NOT_FOUND" },
    });
    expect(await shop({}, { down: ["inventory"] }).get("/v1/products/prod_999")).toMatchObject({
      status: 404,
    });
  });

  it("are revalidated by their ETag, which changes with the stock", async () => {
    const { headers } = await shop().get("/v1/products/prod_001");
    const etag = headers.get("etag") ?? "";
    expect(headers.get("cache-control")).toBe("no-cache");
    const again = await shop().send("/v1/products/prod_001", { headers: { "if-none-match": etag } });
    expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
    const sold = shop({ inventory: { getStock: async () => ({ productId: "prod_001", available: 6 }) } });
    expect((await sold.send("/v1/products/prod_001", { headers: { "if-none-match": etag } })).status).toBe(
      200,
    );
  });
});

describe("the search for products", () => {
  const found = async (...down: Down) => {
    const { status, body } = await shop({}, { down }).get("/v1/products?query=cup&limit=1");
    return [status, (body.items as { id: string }[] | undefined)?.map(({ id }) => id)];
  };

  it("is the read side's, which needs no catalog", async () => {
    expect(await found()).toEqual([200, ["prod_002"]]);
    expect(await found("catalog")).toEqual([200, ["prod_002"]]);
  });

  it("is the catalog's while the read side is away", async () => {
    expect(await found("views")).toEqual([200, ["prod_001"]]);
    expect(await found("views", "catalog")).toEqual([503, undefined]);
  });

  it("is no search without words to search for", async () => {
    const { body } = await shop().get("/v1/products?query=%20&limit=1");
    expect(body.items).toMatchObject([{ id: "prod_001" }]);
  });
});

describe("recommendations", () => {
  const ids = (body: Record<string, unknown>) => (body.items as { id: string }[]).map(({ id }) => id);

  it("are what was bought with it, most often first", async () => {
    const { body } = await shop().get("/v1/products/prod_001/recommendations");
    expect(ids(body)).toEqual(["prod_003", "prod_002"]);
    expect(body).not.toHaveProperty("degraded");
  });

  it("are best sellers, marked, while the read side is away", async () => {
    const { status, body } = await shop({}, { down: ["views"] }).get(
      "/v1/products/prod_001/recommendations?limit=1",
    );
    expect([status, ids(body), body.degraded]).toEqual([200, ["prod_002"], true]);
  });

  it("are best sellers, unmarked, while nobody has bought it with anything", async () => {
    const fresh = shop({ views: { recommendations: async () => ({ productIds: [] }) } });
    const { body } = await fresh.get("/v1/products/prod_002/recommendations");
    expect(ids(body)).toEqual(["prod_001", "prod_003"]);
    expect(body).not.toHaveProperty("degraded");
  });

  it("are not there for what is not sold", async () => {
    expect(await shop({}, { down: ["views"] }).get("/v1/products/prod_999/recommendations")).toMatchObject({
      status: 404,
    });
  });
});
