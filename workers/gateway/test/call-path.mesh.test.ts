import type { Edge, TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edge, operatorOf, startShop } from "./shop.ts";

const inventory = edge("gateway", "inventory");
const views = edge("gateway", "views");
const users = edge("gateway", "users");
const shipping = edge("gateway", "shipping");
const catalog = edge("gateway", "catalog");

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startShop([inventory, views, users, shipping, catalog]);
});
afterAll(() => mesh.close());

const PAGE = "/v1/products/prod_001";

/** The gateway's own view of a callee's circuit, and the region's. */
async function circuitTo(callee: string) {
  const { body } = await operatorOf(mesh).get("/_weft/circuits");
  const found = body.items.filter((item: { callee: string }) => item.callee === callee);
  const isolates = found.flatMap((item: { isolates: { service: string }[] }) => item.isolates);
  return {
    region: found[0],
    local: isolates.find((isolate: { service: string }) => isolate.service === "gateway"),
  };
}

/** Asks until the gateway's circuit is as expected: isolates report at most twice a second, while they are called. */
async function untilCircuit(callee: string, path: string, state: string) {
  for (let n = 0; n < 40; n++) {
    const { local, region } = await circuitTo(callee);
    if (local?.state === state) return { local, region };
    await mesh.shop.get(path);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(
    `the circuit to ${callee} never became ${state}: ${JSON.stringify(await circuitTo(callee))}`,
  );
}

describe("a callee that is down", () => {
  it("costs 7 attempts, then none; clients get the page without stock; it recovers by itself", async () => {
    await mesh.fault(inventory, { kind: "down" });
    const pages = [];
    for (let n = 0; n < 30; n++) pages.push(await mesh.shop.get(PAGE));
    expect(pages.map(({ status, body }) => [status, body.stock.degraded])).toEqual(
      Array(30).fill([200, true]),
    );
    expect(await mesh.callsOver(inventory)).toBe(7);
    const { local } = await untilCircuit("inventory", PAGE, "open");
    expect(local).toMatchObject({ reason: "consecutive-failures" });

    await mesh.fault(inventory, { kind: "none" });
    await mesh.shop.until(PAGE, ({ body }) => !body.stock.degraded);
    await untilCircuit("inventory", PAGE, "closed");
  });

  it("is 503 with Retry-After where nothing can stand in for it", async () => {
    const buyer = await mesh.shop.signUp();
    await mesh.fault(users, { kind: "down" });
    const codes = [];
    for (let n = 0; n < 10; n++) codes.push((await buyer.get("/v1/users/me")).body.code);
    expect(codes.slice(-3)).toEqual(["CIRCUIT_OPEN", "CIRCUIT_OPEN", "CIRCUIT_OPEN"]);
    const refused = await buyer.get("/v1/users/me");
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await mesh.callsOver(users)).toBe(7);
    await mesh.fault(users, { kind: "none" });
    await buyer.until("/v1/users/me", ({ status }) => status === 200);
  }, 40_000);
});
