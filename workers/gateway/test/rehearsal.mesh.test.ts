import type { TestMesh } from "@weft/testkit/mesh";
import type { Answer, ShopClient } from "@weft/testkit/shop-client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { edge, operatorOf, startShop } from "./shop.ts";

const FAULTS = "/_weft/faults";
const PAGE = "/v1/products/prod_001";
const inventoryOfGateway = edge("gateway", "inventory");
const toInventory = { from: "gateway", to: "inventory" };

let mesh: TestMesh;
let operator: ShopClient;
beforeAll(async () => {
  mesh = await startShop([inventoryOfGateway]);
  operator = operatorOf(mesh);
});
beforeEach(async () => {
  await operator.send("DELETE", FAULTS);
  await mesh.shop.until(PAGE, isWhole);
});
afterAll(() => mesh.close());

const isWhole = ({ body }: Answer) => typeof body.stock?.available === "number";
const isDegraded = ({ body }: Answer) => body.stock?.degraded === true;
const set = (...items: object[]) => operator.send("PUT", FAULTS, { body: { items } });

describe("a rehearsed failure", () => {
  it("is felt by the shop as a real one, is in the log, and is over when its time is", async () => {
    const { status, body } = await set({ edge: toInventory, fault: { kind: "abort" }, seconds: 6 });
    expect(status).toBe(200);
    expect(body.items).toMatchObject([{ edge: toInventory, fault: { kind: "abort", code: "UNAVAILABLE" } }]);
    expect((await operator.get(FAULTS)).body).toEqual(body);
    const page = await mesh.shop.until(PAGE, isDegraded);
    expect(page).toMatchObject({ status: 200, body: { id: "prod_001", stock: { available: null } } });
    expect(mesh.logs().some(({ message }) => message.includes('"injected"'))).toBe(true);
    await mesh.fault(inventoryOfGateway, { kind: "none" });
    expect(isDegraded(await mesh.shop.get(PAGE))).toBe(true);
    expect(await mesh.callsOver(inventoryOfGateway)).toBe(0);
    await mesh.shop.until(PAGE, isWhole, { tries: 200 });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(body.items[0].until));
    expect((await operator.get(FAULTS)).body).toEqual({ items: [] });
  });

  it("hits some calls and not others at 50 %", async () => {
    // A code that is not retried, so that a second try does not hide it.
    await set({
      edge: { ...toInventory, operation: "inventory.getStock" },
      fault: { kind: "abort", code: "INTERNAL" },
      percentage: 50,
      seconds: 60,
    });
    await mesh.shop.until(PAGE, isDegraded);
    const pages = [];
    for (let n = 0; n < 24; n++) pages.push(await mesh.shop.get(PAGE));
    const hit = pages.filter(isDegraded).length;
    expect(hit).toBeGreaterThan(0);
    expect(hit).toBeLessThan(24);
  });

  it("hits a saga's steps, too: a delay before the payment is a slow order", async () => {
    const buyer = await mesh.shop.signUp();
    await set({
      edge: { from: "checkout", to: "payments" },
      fault: { kind: "delay", ms: 1_200 },
      seconds: 60,
    });
    for (let n = 0; n < 20; n++) {
      const began = performance.now();
      expect((await buyer.buy()).status).toBe(201);
      if (performance.now() - began > 2_000) return;
    }
    throw new Error("No order was ever slow.");
  });

  it("can be ended at any time", async () => {
    await set({ edge: toInventory, fault: { kind: "abort" }, seconds: 600 });
    await mesh.shop.until(PAGE, isDegraded);
    expect(await operator.send("DELETE", FAULTS)).toMatchObject({ status: 200, body: { items: [] } });
    await mesh.shop.until(PAGE, isWhole);
  });
});

describe("setting faults", () => {
  it.each([
    ["nobody", () => mesh.shop, 401],
    ["a buyer", () => mesh.shop.signUp(), 403],
  ])("is not for %s", async (_, who, status) => {
    const client = await who();
    expect((await client.get(FAULTS)).status).toBe(status);
    expect((await client.send("PUT", FAULTS, { body: { items: [] } })).status).toBe(status);
    expect((await client.send("DELETE", FAULTS)).status).toBe(status);
  });

  it.each([
    ["longer than an hour", { edge: toInventory, fault: { kind: "abort" }, seconds: 3_601 }],
    ["of no kind", { edge: toInventory, fault: { kind: "explode" } }],
    ["that would lock operators out", { edge: { from: "gateway", to: "control" }, fault: { kind: "abort" } }],
    ["of a share beyond all", { edge: toInventory, fault: { kind: "abort" }, percentage: 101 }],
  ])("refuses one %s", async (_, item) => {
    expect(await set(item)).toMatchObject({ status: 400, body: { code: "VALIDATION_FAILED" } });
  });

  it.each([
    ["to", { from: "gateway", to: "inventry" }, "inventory"],
    ["operation", { ...toInventory, operation: "inventory.getStok" }, "inventory.getStock"],
  ])("refuses a name that nobody has, and says which there are (%s)", async (field, wrong, known) => {
    const { status, body } = await set({ edge: wrong, fault: { kind: "abort" } });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: "UNKNOWN_EDGE", errors: [{ pointer: `/items/0/edge/${field}` }] });
    expect(body.errors[0].message).toContain(known);
    expect((await operator.get(FAULTS)).body).toEqual({ items: [] });
  });
});
