import { orders } from "@shop/orders/contract";
import { control } from "@shop/control/contract";
import { type Context, newTrace, type Operation, rootContext, writeContext } from "@weft/mesh";
import type { TestMesh } from "@weft/testkit/mesh";
import type { Answer } from "@weft/testkit/shop-client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { edge, OPERATOR_TOKEN, operatorOf, probe, startShop } from "./shop.ts";

const edges = {
  catalogOfGateway: edge("gateway", "catalog"),
  inventoryOfGateway: edge("gateway", "inventory"),
  paymentsOfControl: edge("control", "payments"),
  paymentsOfCheckout: edge("checkout", "payments"),
};
const ordersOfCheckout = probe("checkout", "orders");
const controlOfGateway = probe("gateway", "control");
const client = probe("client", "gateway");

/** Asks the catalog each time; a product's own facts are kept for some seconds. */
const LIST = "/v1/products?limit=1";
let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startShop(Object.values(edges), { probes: [ordersOfCheckout, controlOfGateway, client] });
});
beforeEach(() => Promise.all(Object.values(edges).map((each) => mesh.fault(each, { kind: "none" }))));
afterAll(() => mesh.close());

function request(operation: Operation, body: object | undefined, context: Partial<Context>): Request {
  const headers = new Headers({ "content-type": "application/json" });
  writeContext(headers, rootContext(newTrace(), context), 0);
  const init = { method: operation.method, headers, ...(body && { body: JSON.stringify(body) }) };
  return new Request(`http://mesh${operation.path}`, init);
}

describe("a deadline", () => {
  const { create } = orders.operations;
  const price = { amount: 100, currency: "EUR" };
  const order = (orderId: string) => ({
    orderId,
    userId: "usr_1",
    items: [{ productId: "prod_001", name: "Lamp", quantity: 1, price }],
    total: price,
  });
  const send = (orderId: string, deadline: number) =>
    mesh
      .as(ordersOfCheckout)
      .fetch(
        request(create, order(orderId), { deadline, saga: { sagaId: orderId, step: "create", attempt: 1 } }),
      );
  const rows = (orderId: string) => mesh.sql("shop-orders", "SELECT id FROM orders WHERE id = ?", orderId);

  it("that has passed when the call arrives leaves no trace in the callee's database", async () => {
    const late = await send("ord_late", 0);
    expect(late.status).toBe(504);
    expect(await late.json()).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(await rows("ord_late")).toEqual([]);
    expect(await mesh.sql("shop-orders", "SELECT * FROM saga_fence WHERE saga_id = 'ord_late'")).toEqual([]);
    expect((await send("ord_early", 5_000)).status).toBe(200);
    expect(await rows("ord_early")).toHaveLength(1);
  });
});

describe("a chain of calls", () => {
  it("ends with a clear error when it is nested too deep", async () => {
    const principal = { sub: "operator", scopes: ["operator"] };
    const audit = (depth: number) =>
      mesh.as(controlOfGateway).fetch(request(control.operations.audit, undefined, { principal, depth }));
    expect((await audit(3)).status).toBe(200);
    const tooDeep = await audit(4);
    expect(tooDeep.status).toBe(508);
    expect(await tooDeep.json()).toMatchObject({
      code: "HOP_LIMIT_EXCEEDED",
      detail: expect.stringContaining("nested 5 deep"),
    });
  });
});

describe("a client that goes away", () => {
  /** Lines that a service wrote about calls of this trace. */
  const callsOf = (service: string, traceId: string) =>
    mesh
      .logs()
      .filter(({ message }) => message.includes(`"service":"${service}"`) && message.includes(traceId))
      .length;

  /**
   * As a client would, over a service binding: the local front server keeps a client's going away to itself. Returns
   * whether the client was gone before the answer came.
   */
  async function send(path: string, init: RequestInit, patience: number): Promise<boolean> {
    const headers = new Headers(init.headers);
    headers.set("probe-patience", String(patience));
    const { status } = await mesh.as(client).fetch(new Request(`http://mesh${path}`, { ...init, headers }));
    if (status !== 599) expect(status).toBeLessThan(300);
    return status === 599;
  }

  it.each([
    ["one hop away", LIST, "catalogOfGateway", "catalog"],
    ["two hops away", "/_weft/audit", "paymentsOfControl", "payments"],
  ] as const)("ends reading work that has not begun, %s", async (_, path, over, service) => {
    const ask = async (patience: number) => {
      const { traceId, spanId } = newTrace();
      await mesh.fault(edges[over], { kind: "slow", ms: 500 });
      const traceparent = `00-${traceId}-${spanId}-01`;
      const headers = { traceparent, authorization: `Bearer ${OPERATOR_TOKEN}` };
      const gone = await send(path, { headers }, patience);
      expect(await mesh.callsOver(edges[over])).toBeGreaterThan(0);
      return { gone, traceId };
    };
    const stayed = await ask(10_000);
    expect(stayed.gone).toBe(false);
    await until(() => callsOf(service, stayed.traceId) > 0);
    const left = await ask(250);
    expect(left.gone).toBe(true);
    // Longer than the way there takes.
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(callsOf(service, left.traceId)).toBe(0);
  });

  it.each([
    ["in front", LIST, "catalogOfGateway"],
    ["further in", "/_weft/audit", "paymentsOfControl"],
  ] as const)("leaves its room to those who come after it, %s", async (_, path, over) => {
    const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
    await mesh.fault(edges[over], { kind: "slow", ms: 2_000 });
    // Many times what one isolate has room for, but never all at once.
    while ((await mesh.callsOver(edges[over])) < 120) {
      const gone = await Promise.all(Array.from({ length: 15 }, () => send(path, { headers }, 500)));
      expect(gone).toEqual(Array(15).fill(true));
    }
    await mesh.fault(edges[over], { kind: "none" });
    await operatorOf(mesh).until(path, ({ status }) => status === 200);
  });

  it("does not end a saga that has begun: the order is confirmed and the books balance", async () => {
    const buyer = await mesh.shop.signUp();
    await mesh.fault(edges.paymentsOfCheckout, { kind: "slow", ms: 500 });
    const headers = {
      authorization: `Bearer ${buyer.token}`,
      "content-type": "application/json",
      "idempotency-key": "gone",
    };
    const body = JSON.stringify({ items: [{ productId: "prod_003", quantity: 1 }], paymentToken: "tok_ok" });
    expect(await send("/v1/orders", { method: "POST", headers, body }, 400)).toBe(true);
    expect(await mesh.callsOver(edges.paymentsOfCheckout)).toBe(1);
    const confirmed = ({ body: page }: Answer) =>
      page.items.length === 1 && page.items[0].status === "confirmed";
    await buyer.until("/v1/orders", confirmed);
    // The same key finds the same order.
    const again = await buyer.buy({ items: [{ productId: "prod_003", quantity: 1 }], key: "gone" });
    expect(again).toMatchObject({ status: 201, body: { status: "confirmed" } });
    expect((await buyer.get("/v1/orders")).body.items).toHaveLength(1);
    expect((await operatorOf(mesh).get("/_weft/audit")).body).toMatchObject({
      balanced: true,
      money: { inFlight: 0 },
      stock: { reserved: 0 },
    });
  });

  async function until(met: () => boolean | Promise<boolean>): Promise<void> {
    for (let n = 0; n < 200; n++) {
      if (await met()) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error("It never came to that.");
  }
});

describe("too many browsers", () => {
  it("are told to come back, while a buyer is served", async () => {
    const buyer = await mesh.shop.signUp();
    await mesh.fault(edges.inventoryOfGateway, { kind: "slow", ms: 1_500 });
    const pages = Array.from({ length: 90 }, () => mesh.shop.get(LIST));
    await Promise.race(pages);
    expect((await buyer.buy()).status).toBe(201);
    const answers = await Promise.all(pages);
    const overloaded = answers.filter(({ body }) => body.code === "OVERLOADED");
    expect(overloaded.length).toBeGreaterThanOrEqual(20);
    for (const { status, headers } of overloaded)
      expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(30);
  });
});
