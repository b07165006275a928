import type { TestMesh } from "@weft/testkit/mesh";
import { ShopClient } from "@weft/testkit/shop-client";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { blocks, canRun, Terminal } from "./guide.ts";
import { edge, OPERATOR_TOKEN, operatorOf, startShop } from "./shop.ts";

const ordersOfCheckout = edge("checkout", "orders");
let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startShop([ordersOfCheckout]);
});
afterEach(() => mesh.fault(ordersOfCheckout, { kind: "none" }));
afterAll(() => mesh.close());

const order = (requestId: string, order: object) => ({ requestId, reason: "rehearsal", order });

it("operators see a saga with its timeline, and cannot take back what has passed the pivot", async () => {
  const buyer = await mesh.shop.signUp();
  const placed = await buyer.buy();
  expect(placed.status).toBe(201);
  const { id } = placed.body;
  const operator = operatorOf(mesh);
  const list = await operator.get("/_weft/sagas?state=COMPLETED&definition=place-order&limit=1");
  expect(list.body.items).toMatchObject([{ id, version: 1, parked: false, dueAt: null }]);
  const shown = await operator.get(`/_weft/sagas/${id}`);
  expect(shown.body).toMatchObject({ state: "COMPLETED", parked: [], failure: null });
  const steps = shown.body.timeline.map(({ step, outcome }: Record<string, string>) => `${step} ${outcome}`);
  expect(steps).toEqual(
    ["create", "authorize", "reserve", "capture", "commit", "confirm"].map((step) => `${step} done`),
  );
  const refused = await operator.post(`/_weft/sagas/${id}/orders`, order("r1", { verb: "cancel" }));
  expect(refused).toMatchObject({ status: 409, body: { code: "PAST_PIVOT" } });
  expect((await operator.get("/_weft/sagas/nothing")).status).toBe(404);
});

it("what an operator cancels goes back, once, with the operator's name on record", async () => {
  const buyer = await mesh.shop.signUp();
  await mesh.fault(ordersOfCheckout, { kind: "slow", ms: 3_000 });
  const placed = await buyer.buy({ headers: { prefer: "respond-async" } });
  expect(placed.status).toBe(202);
  const path = `/_weft/sagas/${placed.body.id}`;
  const operator = operatorOf(mesh);
  const cancelled = await operator.post(`${path}/orders`, order("r2", { verb: "cancel" }));
  expect(cancelled).toMatchObject({ status: 200, body: { state: "RUNNING" } });
  expect((await operator.post(`${path}/orders`, order("r2", { verb: "cancel" }))).status).toBe(200);
  const other = await operator.post(`${path}/orders`, order("r2", { verb: "kill" }));
  expect(other).toMatchObject({ status: 422, body: { code: "REQUEST_ID_REUSED" } });
  await mesh.fault(ordersOfCheckout, { kind: "none" });
  const ended = await operator.until(path, ({ body }) => body.state === "COMPENSATED");
  const orders = ended.body.log.filter(({ type }: { type: string }) => type === "ordered");
  expect(orders).toMatchObject([{ requestId: "r2", reason: "rehearsal", actor: expect.any(String) }]);
  expect(ended.body.failure).toMatchObject({ code: "CANCELLED", detail: "rehearsal" });
});

it("a signal finds its way to the saga, which says that it waits for none", async () => {
  const buyer = await mesh.shop.signUp();
  const { id } = (await buyer.buy()).body;
  const operator = operatorOf(mesh);
  const signal = { requestId: "s1", reason: "rehearsal", payload: { by: "ann" } };
  expect(await operator.post(`/_weft/sagas/${id}/signals/create`, signal)).toMatchObject({
    status: 404,
    body: { code: "STEP_UNKNOWN" },
  });
  expect(await operator.post("/_weft/sagas/nothing/signals/packed%5B1%5D", signal)).toMatchObject({
    status: 404,
    body: { code: "SAGA_UNKNOWN" },
  });
  expect((await buyer.post(`/_weft/sagas/${id}/signals/create`, signal)).status).toBe(403);
});

it("nobody but operators gives orders", async () => {
  const buyer = await mesh.shop.signUp();
  expect((await buyer.get("/_weft/sagas")).status).toBe(403);
  expect(
    (await new ShopClient(mesh.fetch).post("/_weft/sagas/x/orders", order("r", { verb: "kill" }))).status,
  ).toBe(401);
});

it.skipIf(!canRun)("the guide's commands find them", async () => {
  const terminal = new Terminal(mesh.url, { WEFT_OPERATOR_TOKEN: OPERATOR_TOKEN, WEFT_URL: mesh.url });
  const printed: string[] = [];
  for (const { text } of blocks("docs/guides/sagas.md"))
    for (const line of text.split("\n")) printed.push((await terminal.run(line)) ?? "");
  const [parked, completed, needs, answer] = printed;
  expect(parked).toBe("No saga is like that.");
  expect(completed).toMatch(/place-order@1 +COMPLETED/);
  expect(needs).toBe("No live saga needs it.");
  expect(JSON.parse(answer ?? "")).toEqual({ items: [], nextCursor: null });
});
