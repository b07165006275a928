import { beforeEach, describe, expect, it } from "vitest";
import { outcomeOf, type Inventory, startInventory } from "../test/inventory-service.ts";

let bench: Inventory;
beforeEach(async () => {
  bench = await startInventory({ cup: 5, pan: 2 });
});

const times = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, work));
const cups = (quantity: number) => [{ productId: "cup", quantity }];

async function available() {
  return Object.fromEntries(
    (await bench.accounts()).map(({ productId, available: units }) => [productId, units]),
  );
}

describe("reserve", () => {
  it("holds the units of all lines, several of one product together", async () => {
    const lines = [...cups(2), { productId: "pan", quantity: 1 }, ...cups(3)];
    expect(await bench.reserve("o1", lines)).toEqual({ orderId: "o1", status: "held" });
    expect(await available()).toEqual({ cup: 0, pan: 1 });
  });

  it("holds nothing if one product is short, and names it", async () => {
    const refused = bench.reserve("o1", [
      ...cups(3),
      { productId: "pan", quantity: 2 },
      { productId: "pan", quantity: 1 },
    ]);
    await expect(refused).rejects.toMatchObject({
      code: "OUT_OF_STOCK",
      status: 409,
      detail: "Not enough units are left of pan.",
    });
    expect(await available()).toEqual({ cup: 5, pan: 2 });
    expect(await bench.statusOf("o1")).toBeNull();
  });

  it("has no units of a product that it does not know", async () => {
    const refused = bench.reserve("o1", [...cups(1), { productId: "unicorn", quantity: 1 }]);
    await expect(refused).rejects.toMatchObject({
      code: "OUT_OF_STOCK",
      detail: expect.stringContaining("unicorn"),
    });
    expect(await available()).toEqual({ cup: 5, pan: 2 });
  });

  it("takes orders of more lines than D1 binds parameters", async () => {
    const products = Array.from({ length: 300 }, (_, index) => `p${index}`);
    bench = await startInventory(Object.fromEntries(products.map((productId) => [productId, 1])));
    await bench.reserve(
      "o1",
      products.map((productId) => ({ productId, quantity: 1 })),
    );
    expect(Object.values(await available()).every((units) => units === 0)).toBe(true);
  });

  it("never holds more than there is, however many come at once", async () => {
    let order = 0;
    const outcomes = await times(30, () => outcomeOf(bench.reserve(`o${order++}`, cups(1))));
    expect(outcomes.filter((outcome) => outcome === "held")).toHaveLength(5);
    expect(outcomes.filter((outcome) => outcome === "OUT_OF_STOCK")).toHaveLength(25);
    expect(await available()).toEqual({ cup: 0, pan: 2 });
  });
});

it("points at the lines of which there is too little", async () => {
  const items = [
    { productId: "pan", quantity: 1 },
    { productId: "cup", quantity: 3 },
    { productId: "cup", quantity: 3 },
  ];
  await expect(bench.reserve("o1", items)).rejects.toMatchObject({
    code: "OUT_OF_STOCK",
    errors: [{ pointer: "/items/1/quantity" }, { pointer: "/items/2/quantity" }],
  });
});

describe("the fence", () => {
  it("replays a repeated reserve, also after its units have moved on", async () => {
    const first = await bench.reserve("o1", cups(5));
    expect(await bench.reserve("o1", cups(5))).toEqual(first);
    await bench.commit("o1");
    expect(await bench.reserve("o1", cups(5))).toEqual(first);
    expect(await available()).toEqual({ cup: 0, pan: 2 });
  });

  it("gives concurrent attempts of one reserve the same answer, though only one finds units", async () => {
    expect(await times(8, () => bench.reserve("o1", cups(5)))).toEqual(
      Array.from({ length: 8 }, () => ({ orderId: "o1", status: "held" })),
    );
    expect(await available()).toEqual({ cup: 0, pan: 2 });
  });

  it("refuses a reserve that its release has overtaken", async () => {
    expect(await bench.release("o1")).toEqual({});
    expect(await outcomeOf(bench.reserve("o1", cups(1)))).toBe("FENCED");
    expect(await available()).toEqual({ cup: 5, pan: 2 });
  });

  it("lets one of a reserve and a release at the same moment win, and keeps no unit either way", async () => {
    await Promise.all([outcomeOf(bench.reserve("o1", cups(2))), outcomeOf(bench.release("o1"))]);
    await bench.release("o1");
    expect(await available()).toEqual({ cup: 5, pan: 2 });
  });

  it("gives units back once, however often and concurrently a release comes", async () => {
    await bench.reserve("o1", cups(3));
    await times(8, () => bench.release("o1"));
    expect(await bench.release("o1")).toEqual({ orderId: "o1", status: "released" });
    expect(await available()).toEqual({ cup: 5, pan: 2 });
  });

  it("gives concurrent attempts of one commit the same answer", async () => {
    await bench.reserve("o1", cups(3));
    expect(new Set(await times(8, () => outcomeOf(bench.commit("o1"))))).toEqual(new Set(["committed"]));
    expect(await available()).toEqual({ cup: 2, pan: 2 });
  });

  it("does not matter for what another step has done to the same order", async () => {
    await bench.reserve("o1", cups(3));
    expect(await bench.reserve("o1", cups(3), "reserve again")).toEqual({ orderId: "o1", status: "held" });
    await bench.commit("o1");
    expect(await outcomeOf(bench.commit("o1", "commit again"))).toBe("committed");
    expect(await outcomeOf(bench.reserve("o1", cups(3), "and again"))).toBe("CONFLICT");
    expect(await available()).toEqual({ cup: 2, pan: 2 });
  });
});
