import type { TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, expect, it } from "vitest";
import { operatorOf, startShop } from "./shop.ts";

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startShop();
});
afterAll(() => mesh.close());

it("the ledger is rebuilt from its events by operators, in D1 as in tests", async () => {
  const buyer = await mesh.shop.signUp();
  const { status, body: order } = await buyer.buy();
  expect(status).toBe(201);
  const operator = operatorOf(mesh);
  const rebuild = async (body = {}) => (await operator.post("/_weft/ledger/rebuild", body)).body;
  expect(await buyer.post("/_weft/ledger/rebuild", {})).toMatchObject({ status: 403 });
  expect(await rebuild()).toEqual({ checked: 1, different: [], replaced: false, next: null });

  await mesh.sql("shop-payments", "DELETE FROM ledger_entries WHERE direction = 'out'");
  expect((await operator.get("/_weft/audit")).body).toMatchObject({ balanced: false });
  expect(await rebuild({ replace: true })).toMatchObject({ different: [order.id], replaced: true });
  expect(await rebuild()).toMatchObject({ checked: 1, different: [] });
  expect((await operator.get("/_weft/audit")).body).toMatchObject({ balanced: true });
});
