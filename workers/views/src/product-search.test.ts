import { describe, expect, it } from "vitest";
import { productEvent, startViews } from "../test/views-service.ts";

const lamp = { id: "a", name: "Oak lamp", description: "Gives light." };
const board = { id: "b", name: "Board", description: "Cut from an oak." };

async function known() {
  const view = startViews();
  await view.see(productEvent(lamp), productEvent(board));
  const idsOf = async (query: string, limit = 20) =>
    (await view.search(query, { limit })).items.map(({ id }) => id);
  return { view, idsOf };
}

describe("the search", () => {
  it("finds products by the beginnings of words, those with a word in their name first", async () => {
    const { view, idsOf } = await known();
    expect(await idsOf("OAK")).toEqual(["a", "b"]);
    expect(await idsOf("oak li")).toEqual(["a"]);
    expect(await idsOf("submarine")).toEqual([]);
    expect(await idsOf("!?")).toEqual([]);
    const price = { amount: 100, currency: "EUR" };
    expect((await view.search("light")).items).toEqual([{ ...lamp, price }]);
  });

  it("knows a product by its newest event alone", async () => {
    const { view, idsOf } = await known();
    const changed = productEvent({ ...lamp, name: "Pine lamp" }, "product.changed", 2);
    const [message] = view.publish(changed);
    await view.deliver(message, message);
    expect(await idsOf("oak")).toEqual(["b"]);
    expect(await idsOf("pine")).toEqual(["a"]);
    expect(await idsOf("lamp")).toEqual(["a"]);
  });

  it("has the same pages in sum as in one piece", async () => {
    const view = startViews();
    await view.see(
      ...Array.from({ length: 9 }, (_, n) =>
        productEvent({ id: `p${n}`, name: "Cup", description: "Red ".repeat(n % 3) }),
      ),
    );
    const all = (await view.search("cup")).items.map(({ id }) => id);
    expect(all).toHaveLength(9);
    const paged: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page: Awaited<ReturnType<typeof view.search>> = await view.search("cup", {
        limit: 2,
        ...(cursor && { cursor }),
      });
      paged.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
      expect(paged.length).toBeLessThan(10);
    }
    expect(paged).toEqual(all);
    await expect(view.search("cup", { cursor: "garbage" })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
  });

  it("goes on while and after it is rebuilt, more than once", async () => {
    const { view, idsOf } = await known();
    for (let n = 0; n < 3; n++) {
      await view.DB.prepare("UPDATE product_view SET name = 'Wrong'").run();
      await view.control.rebuildProjection({ name: "products" });
      expect(await idsOf("oak")).toEqual(["a", "b"]);
      for (const step of view.own.drain()) await view.deliver(step);
      const { items } = await view.control.listProjections({});
      expect(items.find(({ name }) => name === "products")?.rebuild?.state).toBe("done");
      expect((await view.search("oak")).items.map(({ name }) => name)).toEqual(["Oak lamp", "Board"]);
    }
    await view.see(productEvent({ id: "c", name: "Oak spoon" }));
    expect(await idsOf("spoon")).toEqual(["c"]);
    const { results } = await view.DB.prepare("SELECT rowid FROM product_search_shadow").all();
    expect(results).toEqual([]);
  });

  it("of a brand-new view begins with the catalog's log, and says so if it cannot", async () => {
    const view = startViews();
    view.publish(productEvent(lamp));
    view.logs.catalog.down = true;
    await expect(view.search("lamp")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    view.logs.catalog.down = false;
    expect((await view.search("lamp")).items).toMatchObject([{ id: "a" }]);
    view.logs.catalog.down = true;
    expect((await view.search("lamp")).items).toMatchObject([{ id: "a" }]);
  });
});
