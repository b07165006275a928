import { d1 } from "@weft/testkit/d1";
import { beforeEach, describe, expect, it } from "vitest";
import { seed } from "../seed.ts";
import { type Inventory, startInventory } from "../test/inventory-service.ts";

let bench: Inventory;
beforeEach(async () => {
  bench = await startInventory({ cup: 5, pan: 0 });
});

const line = (productId: string, quantity: number) => ({ productId, quantity });

describe("stock", () => {
  it("is told for one product or many; the unknown is an error or left out", async () => {
    expect(await bench.gateway.getStock({ productId: "cup" })).toEqual({ productId: "cup", available: 5 });
    await expect(bench.gateway.getStock({ productId: "hat" })).rejects.toMatchObject({
      code: "STOCK_UNKNOWN",
      status: 404,
    });
    const { items } = await bench.gateway.getStocks({ productIds: "pan,hat,,cup,cup" });
    expect(items).toHaveLength(2);
    expect(items).toEqual(
      expect.arrayContaining([
        { productId: "cup", available: 5 },
        { productId: "pan", available: 0 },
      ]),
    );
    await expect(bench.gateway.getStocks({ productIds: ",".repeat(100) })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      errors: [{ pointer: "/productIds" }],
    });
  });
});

describe("audit", () => {
  it("finds every unit: received - confirmed = on hand + in flight", async () => {
    bench = await startInventory({ cup: 100 });
    for (const order of ["open held", "open left", "confirmed", "rejected", "cancelling", "cancelled"]) {
      await bench.reserve(order, [line("cup", 3)]);
    }
    for (const order of ["open left", "confirmed", "cancelling", "cancelled"]) await bench.commit(order);
    await bench.release("rejected");
    await bench.cancelling("cancelled");
    const audit = await bench.control.audit({
      open: ["open held", "open left", "cancelling", "not known here"],
    });
    expect(audit).toEqual({ received: 100, onHand: 91, reserved: 3, inFlight: 6 });
    const confirmedUnits = 3;
    expect(audit.received - confirmedUnits).toBe(audit.onHand + audit.inFlight);
  });

  it("takes as many open orders as there are", async () => {
    await bench.reserve("o4999", [line("cup", 2)]);
    await bench.commit("o4999");
    const open = Array.from({ length: 5_000 }, (_, index) => `o${index}`);
    expect(await bench.control.audit({ open })).toMatchObject({ inFlight: 2 });
    expect(await bench.control.audit({ open: [] })).toMatchObject({ inFlight: 0 });
  });
});

describe("the schema", () => {
  it.each([
    ["more units taken than there are", "UPDATE stock SET available = -1", "stock_available_check"],
    [
      "more units given back than were received",
      "UPDATE stock SET available = received + 1",
      "stock_received_check",
    ],
  ])("refuses %s, whatever the code does", async (_, statement, constraint) => {
    await expect(bench.DB.prepare(statement).run()).rejects.toThrow(constraint);
  });
});

describe("the seed", () => {
  it("has a million of each product, none of prod_013, and keeps what was sold", async () => {
    const DB = d1("migrations/inventory");
    const fill = () => DB.batch(seed().map((statement) => DB.prepare(statement)));
    await fill();
    await DB.exec("UPDATE stock SET available = available - 1 WHERE product_id = 'prod_002'");
    await fill();
    const { results } = await DB.prepare(
      "SELECT available, received, count(*) AS products FROM stock GROUP BY 1, 2 ORDER BY 1",
    ).all();
    expect(results).toEqual([
      { available: 0, received: 0, products: 1 },
      { available: 999_999, received: 1_000_000, products: 1 },
      { available: 1_000_000, received: 1_000_000, products: 198 },
    ]);
    expect(
      await DB.prepare("SELECT available FROM stock WHERE product_id = 'prod_013'").first("available"),
    ).toBe(0);
  });
});
