import type { TestMesh } from "@weft/testkit/mesh";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Answer } from "@weft/testkit/shop-client";
import { edge, operatorOf, startShop } from "./shop.ts";

const inventory = edge("gateway", "inventory");
const views = edge("gateway", "views");
const users = edge("gateway", "users");
const shipping = edge("gateway", "shipping");
const catalog = edge("gateway", "catalog");
const edges = [inventory, views, users, shipping, catalog];

// Circuits take seconds to recover by design, and more of them on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startShop(edges);
});
afterEach(() => Promise.all(edges.map((each) => mesh.fault(each, { kind: "none" }))));
afterAll(() => mesh.close());

const PAGE = "/v1/products/prod_001";
/** Asks the catalog each time; a product's own facts are kept for some seconds. */
const LIST = "/v1/products?limit=1";

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
async function untilCircuit(callee: string, path: string, state: string, client = mesh.shop) {
  for (let n = 0; n < 200; n++) {
    const { local, region } = await circuitTo(callee);
    if (local?.state === state) return { local, region };
    await client.get(path);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(
    `the circuit to ${callee} never became ${state}: ${JSON.stringify(await circuitTo(callee))}`,
  );
}

/** A circuit that lets calls in step by step lets ten in a row through only at its end. */
async function recovered(path: string, fine: (answer: Answer) => boolean, client = mesh.shop) {
  let inARow = 0;
  await client.until(path, (answer) => (inARow = fine(answer) ? inARow + 1 : 0) === 10, {
    tries: 300,
    pause: 50,
  });
}

describe("a saga's calls", () => {
  it("are reported by the service that runs it, to the region that the order came in at", async () => {
    const buyer = await mesh.shop.signUp();
    const reported = async () => {
      expect((await buyer.buy()).status).toBe(201);
      const { items } = (await operatorOf(mesh).get("/_weft/circuits")).body;
      return items.filter(
        (item: { callee: string; isolates: { service: string }[] }) =>
          // Others read their events, on nobody's behalf and so in no region.
          item.callee === "payments" && item.isolates.some(({ service }) => service === "checkout"),
      );
    };
    await vi.waitFor(async () => {
      const circuits = await reported();
      const reporters = circuits.flatMap((circuit: { isolates: { service: string }[] }) =>
        circuit.isolates.map(({ service }) => service),
      );
      expect(reporters).toContain("checkout");
      expect(reporters).not.toContain("saga");
      // The gateway's, which knows its own.
      expect(new Set(circuits.map(({ region }: { region: string }) => region))).toEqual(
        new Set([(await circuitTo("users")).region.region]),
      );
      expect(circuits[0].region).not.toBe("local");
    }, 20_000);
  });
});

interface Isolate {
  service: string;
  /** Calls that have waited for the region's object. */
  awaited: number;
  at: string;
}

/** What all isolates, of whichever service, have reported on those they call. */
async function reports(): Promise<(Isolate & { callee: string })[]> {
  const { items } = (await operatorOf(mesh).get("/_weft/circuits")).body;
  return items.flatMap(({ callee, isolates }: { callee: string; isolates: Isolate[] }) =>
    isolates.map((isolate) => ({ ...isolate, callee })),
  );
}

describe("callees that are well", () => {
  it("are called without waiting for any Durable Object of the call path", async () => {
    const buyer = await mesh.shop.signUp();
    for (let n = 0; n < 20; n++) {
      expect((await buyer.get(PAGE)).status).toBe(200);
      expect((await buyer.get("/v1/me/overview")).body.degraded).toEqual([]);
    }
    expect((await buyer.buy()).status).toBe(201);
    const done = Date.now();
    // Healthy isolates report every 5 s, while they call.
    const later = await vi.waitFor(async () => {
      await buyer.get(PAGE);
      await buyer.get("/v1/me/overview");
      const found = (await reports()).filter(({ at }) => Date.parse(at) > done);
      const callees = found.filter(({ service }) => service === "gateway").map(({ callee }) => callee);
      expect(callees).toEqual(expect.arrayContaining(["inventory", "catalog", "users", "shipping"]));
      return found;
    }, 30_000);
    expect(later.filter(({ awaited }) => awaited > 0)).toEqual([]);
    expect((await reports()).filter(({ awaited }) => awaited !== 0)).toEqual([]);
  });

  it("are asked a second time when the first answer is late, and the second counts", async () => {
    for (let n = 0; n < 25; n++) expect((await mesh.shop.get(PAGE)).status).toBe(200);
    // Far longer than the operation's time limit: without a second try the page would lack the stock.
    await mesh.fault(inventory, { kind: "slow", ms: 20_000 }, 1);
    const { body } = await mesh.shop.get(PAGE);
    expect(body.stock).toEqual({ available: expect.any(Number) });
    expect(await mesh.callsOver(inventory)).toBe(2);
  });
});

describe("a callee that is down", () => {
  it("costs 7 attempts, then probes alone; clients get the page without stock; it recovers by itself", async () => {
    await mesh.fault(inventory, { kind: "down" });
    const pages = [];
    for (let n = 0; n < 30; n++) pages.push(await mesh.shop.get(PAGE));
    expect(pages.map(({ status, body }) => [status, body.stock.degraded])).toEqual(
      Array(30).fill([200, true]),
    );
    // The first probe may go out after a second.
    const attempts = await mesh.callsOver(inventory);
    expect(attempts).toBeGreaterThanOrEqual(7);
    expect(attempts).toBeLessThanOrEqual(9);
    const { local } = await untilCircuit("inventory", PAGE, "open");
    expect(local?.reason).toMatch(/^(consecutive-failures|probe-failed)$/);

    await mesh.fault(inventory, { kind: "none" });
    await mesh.shop.until(PAGE, ({ body }) => !body.stock.degraded);
    await recovered(PAGE, ({ body }) => !body.stock.degraded);
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
    expect(await mesh.callsOver(users)).toBeLessThanOrEqual(8);
    await mesh.fault(users, { kind: "none" });
    await recovered("/v1/users/me", ({ status }) => status === 200, buyer);
  }, 40_000);
});

describe("a callee that hangs", () => {
  it("opens the circuit, so that clients no longer wait for it", async () => {
    await mesh.fault(shipping, { kind: "slow", ms: 20_000 });
    const buyer = await mesh.shop.signUp();
    const path = "/v1/me/overview";
    const first = await Promise.all(Array.from({ length: 12 }, () => buyer.get(path)));
    expect(first.map(({ status, body }) => [status, body.degraded])).toEqual(
      Array(12).fill([200, ["shipments"]]),
    );
    const attempts = await mesh.callsOver(shipping);
    for (let n = 0; n < 5; n++)
      expect(await buyer.get(path)).toMatchObject({ status: 200, body: { degraded: ["shipments"] } });
    // Nothing was waited for: nothing was asked.
    expect(await mesh.callsOver(shipping)).toBe(attempts);
    const { local } = await untilCircuit("shipping", path, "open", buyer);
    expect(local?.reason).toBe("consecutive-failures");
  }, 40_000);
});

describe("a callee that flaps", () => {
  it("is not given up between its failures: the circuit stays closed", async () => {
    const statuses = [];
    for (let round = 0; round < 5; round++) {
      await mesh.fault(catalog, { kind: "down" }, 3);
      for (let n = 0; n < 12; n++) statuses.push((await mesh.shop.get(LIST)).status);
      await mesh.fault(catalog, { kind: "none" });
    }
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(45);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect((await untilCircuit("catalog", LIST, "closed")).local?.reason).toBe("initial");
  }, 40_000);
});

describe("a callee that answers 429", () => {
  it("is asked again when its Retry-After is over, and not before", async () => {
    const buyer = await mesh.shop.signUp();
    // The keys of the tokens come from users as well; from here on the gateway knows them.
    await buyer.get("/v1/users/me");
    await mesh.fault(users, { kind: "rate-limited", retryAfter: 1 }, 1);
    const began = Date.now();
    expect((await buyer.get("/v1/users/me")).status).toBe(200);
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_000);
    expect(await mesh.callsOver(users)).toBe(2);
  });

  it("keeps its circuit closed, gets ever fewer calls, and clients see Retry-After", async () => {
    const path = "/v1/orders";
    const buyer = await mesh.shop.signUp();
    await mesh.fault(views, { kind: "rate-limited", retryAfter: 30 });
    const answers = [];
    for (let n = 0; n < 19; n++) answers.push(await buyer.get(path));
    expect(answers[0]).toMatchObject({ status: 429, body: { code: "RATE_LIMITED" } });
    expect(answers[0]?.headers.get("retry-after")).toBe("30");
    expect(answers.at(-1)?.headers.get("retry-after")).toBeTruthy();
    const attempts = await mesh.callsOver(views);
    expect(attempts).toBeLessThanOrEqual(19);
    const shed = answers.filter(({ body }) => body.code === "OVERLOADED");
    expect(attempts + shed.length).toBe(19);
    await mesh.fault(views, { kind: "none" });
    expect((await untilCircuit("views", path, "closed", buyer)).local?.reason).toBe("initial");
  });
});

describe("half of the calls failing", () => {
  it("is retried within the budget; the circuit stays closed, so that the other half is served", async () => {
    await mesh.fault(catalog, { kind: "flaky", percent: 50 });
    const statuses = [];
    for (let n = 0; n < 60; n++) statuses.push((await mesh.shop.get(LIST)).status);
    const served = statuses.filter((status) => status === 200).length;
    expect(served).toBeGreaterThanOrEqual(20);
    const attempts = await mesh.callsOver(catalog);
    // 60 calls and what the budget allows on top: 2, and one for ten successes.
    expect(attempts).toBeLessThanOrEqual(60 + 2 + 6);
    await mesh.fault(catalog, { kind: "none" });
    expect((await untilCircuit("catalog", LIST, "closed")).local?.reason).toBe("initial");
  }, 40_000);
});

describe("an operator's order", () => {
  it("opens a circuit with its reason, until it is taken back", async () => {
    const operator = operatorOf(mesh);
    await mesh.shop.until(PAGE, ({ body }) => body.stock?.degraded === undefined);
    const until = new Date(Date.now() + 60_000).toISOString();
    const order = { state: "open", until, reason: "maintenance" };
    const ordered = await operator.send("PUT", "/_weft/circuits/inventory", { body: order });
    expect(ordered.status).toBe(200);
    expect(ordered.body.items[0]).toMatchObject({ state: "open", reason: "operator", override: order });
    await mesh.fault(inventory, { kind: "none" });
    await mesh.shop.until(PAGE, ({ body }) => body.stock.degraded === true);
    const before = await mesh.callsOver(inventory);
    expect((await mesh.shop.get(PAGE)).body.stock).toEqual({ available: null, degraded: true });
    expect(await mesh.callsOver(inventory)).toBe(before);
    const clear = { state: "clear", reason: "done" };
    expect((await operator.send("PUT", "/_weft/circuits/inventory", { body: clear })).status).toBe(200);
    await mesh.shop.until(PAGE, ({ body }) => !body.stock.degraded);
  }, 40_000);

  it("is not taken for a callee or a region that does not exist", async () => {
    const operator = operatorOf(mesh);
    const body = { state: "open", until: new Date(Date.now() + 60_000).toISOString(), reason: "typo" };
    const typo = await operator.send("PUT", "/_weft/circuits/inventry", { body });
    expect(typo).toMatchObject({ status: 404, body: { code: "CALLEE_NOT_FOUND" } });
    expect(typo.body.errors[0].message).toContain("inventory, ");
    const nowhere = { ...body, region: "EUROPE" };
    expect(await operator.send("PUT", "/_weft/circuits/inventory", { body: nowhere })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: "/region" }] },
    });
    const { items } = (await operator.get("/_weft/circuits")).body;
    expect(items.filter((item: { callee: string }) => item.callee === "inventry")).toEqual([]);
    expect(items.filter((item: { region: string }) => item.region === "EUROPE")).toEqual([]);
  });

  it("is for operators, and must end", async () => {
    const buyer = await mesh.shop.signUp();
    expect((await mesh.shop.get("/_weft/circuits")).status).toBe(401);
    expect((await buyer.get("/_weft/circuits")).status).toBe(403);
    const order = { state: "open", reason: "for ever" };
    expect(await operatorOf(mesh).send("PUT", "/_weft/circuits/inventory", { body: order })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: "/until" }] },
    });
  });
});

/** How many of the gateway's calls to a callee have waited for the region's object. */
async function awaitedFor(callee: string): Promise<number> {
  const own = (await reports()).filter((report) => report.service === "gateway" && report.callee === callee);
  return own.reduce((sum, { awaited }) => sum + awaited, 0);
}

describe("a callee that the whole region has given up", () => {
  it("is probed by whoever gets the lease: the only calls that wait for the region's object", async () => {
    // Nobody but the gateway calls it: its isolate is all of the quorum.
    const path = "/v1/products/prod_001/recommendations";
    const whole = ({ body }: Answer) => body.items && !body.degraded;
    await recovered(path, whole);
    const before = await awaitedFor("views");
    await mesh.fault(views, { kind: "slow", ms: 20_000 });
    await vi.waitFor(async () => {
      await Promise.all(Array.from({ length: 40 }, () => mesh.shop.get(path)));
      expect(await awaitedFor("views")).toBeGreaterThan(before);
    }, 30_000);
    await mesh.fault(views, { kind: "none" });
    await recovered(path, whole);
  });
});
