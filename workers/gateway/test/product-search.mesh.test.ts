import type { TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { edge, operatorOf, startShop } from "./shop.ts";

const viewsOfGateway = edge("gateway", "views");
const catalogOfGateway = edge("gateway", "catalog");
const catalogOfViews = edge("views", "catalog");
const edges = [viewsOfGateway, catalogOfGateway, catalogOfViews];

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startShop(edges);
});
beforeEach(() => Promise.all(edges.map((each) => mesh.fault(each, { kind: "none" }))));
afterAll(() => mesh.close());

interface Page {
  items: { id: string; name: string }[];
  nextCursor: string | null;
}

async function page(query: string, limit: number, cursor?: string): Promise<Page> {
  const words = new URLSearchParams({ query, limit: String(limit), ...(cursor && { cursor }) });
  const { status, body } = await mesh.shop.get(`/v1/products?${words.toString()}`);
  expect(status).toBe(200);
  return body as Page;
}

/** Ids on all pages; `between` runs after each. */
async function idsOf(query: string, limit = 100, between = async () => {}): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; await between()) {
    const { items, nextCursor } = await page(query, limit, cursor);
    ids.push(...items.map(({ id }) => id));
    cursor = nextCursor;
    // Pages that lead back to themselves are a failure to see, not a test without end.
    expect(ids.length).toBeLessThan(300);
  }
  return ids;
}

describe("the search for products", () => {
  it("is the catalog's own until the read side knows a product, and then the read side's", async () => {
    await mesh.fault(catalogOfViews, { kind: "down" });
    expect(await idsOf("cutting oak")).toEqual(["prod_121"]);
    await mesh.fault(catalogOfViews, { kind: "none" });
    // Its circuit to the catalog may take a moment to let calls in again.
    await expect
      .poll(
        async () => {
          await idsOf("cutting oak");
          return (await mesh.sql<{ n: number }>("shop-views", "SELECT COUNT(*) AS n FROM product_view"))[0]
            ?.n;
        },
        { timeout: 20_000 },
      )
      .toBe(200);
    await mesh.fault(catalogOfGateway, { kind: "down" });
    expect(await idsOf("cutting oak")).toEqual(["prod_121"]);
  });

  it("has the catalog's answers, in its order, and pages that fit together", async () => {
    for (const query of [
      "board",
      "OAK cutt",
      "a",
      "for bath",
      "steel",
      "submarine",
      "!?",
      "'; DROP TABLE x; --",
    ]) {
      const found = await idsOf(query);
      await mesh.fault(viewsOfGateway, { kind: "down" });
      expect(await idsOf(query)).toEqual(found);
      await mesh.fault(viewsOfGateway, { kind: "none" });
    }
    const all = await idsOf("board");
    expect(all.length).toBeGreaterThan(10);
    for (const limit of [1, 7]) expect(await idsOf("board", limit)).toEqual(all);
    // Whoever answers goes on where the other has stopped.
    let pages = 0;
    const change = () => mesh.fault(viewsOfGateway, { kind: pages++ % 2 === 0 ? "down" : "none" });
    expect(await idsOf("board", 5, change)).toEqual(all);
  });

  it("follows a change of a product, at once for who has made it", async () => {
    const operator = operatorOf(mesh);
    const changed = await operator.send("PATCH", "/_weft/products/prod_007", { body: { name: "Theremin" } });
    const token = changed.headers.get("weft-consistency") ?? "";
    expect(token).toContain("catalog@");
    const search = await mesh.shop.get("/v1/products?query=theremin", { "weft-consistency": token });
    expect(search.body.items).toMatchObject([{ id: "prod_007", name: "Theremin" }]);
  });

  it("is rebuilt by operators while it is used, more than once", async () => {
    const before = await idsOf("board");
    for (let n = 0; n < 2; n++) {
      await mesh.sql("shop-views", "UPDATE product_view SET name = 'Wrong'");
      const started = await operatorOf(mesh).post("/_weft/projections/views/products/rebuild");
      expect(started.status).toBe(202);
      expect(await idsOf("board")).toEqual(before);
      await expect
        .poll(async () => (await page("cutting oak", 1)).items[0]?.name, { timeout: 15_000 })
        .not.toBe("Wrong");
      expect(await idsOf("board")).toEqual(before);
    }
  });
});
