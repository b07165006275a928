import type { TestMesh } from "@weft/testkit/mesh";
import { ShopClient } from "@weft/testkit/shop-client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { atTheEdge, hasPython, QuoteServer } from "./quote-server.ts";
import { edge, operatorOf, REGISTRY_TOKEN, startShop } from "./shop.ts";

const SERVICE = "shipping-rates";
const controlOfShipping = edge("shipping", "control");
const RATES = "/v1/shipping-rates?country=DE&items=2&weight=1500";
const rate = { price: { amount: 709, currency: "EUR" }, days: 2 };

let mesh: TestMesh;
const running: QuoteServer[] = [];
const outgoing = atTheEdge();
beforeAll(async () => {
  mesh = await startShop([controlOfShipping]);
});
afterEach(async () => {
  await mesh.fault(controlOfShipping, { kind: "none" });
  await Promise.all(running.splice(0).map((server) => server.end("SIGTERM")));
  await instances((all) => all.length === 0);
  await settled({ degraded: true });
});
afterAll(async () => {
  await mesh.close();
  outgoing.restore();
});

interface Instance {
  id: string;
  url: string;
  healthy: boolean;
}

/** The registered instances once they are as `accept` says. */
async function instances(accept: (all: Instance[]) => boolean): Promise<Instance[]> {
  const { body } = await operatorOf(mesh).until("/_weft/registry", ({ body: { items } }) => accept(items), {
    tries: 300,
  });
  return body.items;
}

/** Until the shipping Worker, too, has heard of it. */
const settled = (expected: object) =>
  mesh.shop.until(RATES, ({ status, body }) => {
    expect(status).toBe(200);
    return Object.entries(expected).every(([name, value]) => body[name] === value);
  });

async function start(...ids: string[]): Promise<QuoteServer[]> {
  const servers = await Promise.all(
    ids.map((id) => QuoteServer.start(mesh.url, REGISTRY_TOKEN, { id, ttl: 3 })),
  );
  running.push(...servers);
  await instances((all) => all.length === ids.length);
  await settled({ degraded: undefined });
  return servers;
}

/** `total` requests, `at once` of them in flight; what was answered, counted. */
async function load(
  total: number,
  { atOnce = 16, meanwhile }: { atOnce?: number; meanwhile?: () => void } = {},
) {
  const answers = { exact: 0, degraded: 0, failed: 0 };
  let sent = 0;
  const buyer = async () => {
    while (sent < total) {
      if (++sent === Math.floor(total / 3)) meanwhile?.();
      const { status, body } = await mesh.shop.get(RATES);
      if (status !== 200) answers.failed++;
      else if (body.degraded) answers.degraded++;
      else answers.exact++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, buyer));
  return answers;
}

describe("without an instance", () => {
  it("the shop charges its flat rate, and says so", async () => {
    expect(await mesh.shop.get(RATES)).toMatchObject({
      status: 200,
      body: { price: { currency: "EUR" }, degraded: true },
    });
  });
});

describe.skipIf(!hasPython)("two instances in Python", () => {
  it("share the calls", async () => {
    const servers = await start("rates-1", "rates-2");
    expect((await mesh.shop.get(RATES)).body).toEqual(rate);
    expect(await load(200)).toEqual({ exact: 200, degraded: 0, failed: 0 });
    const quotes = await Promise.all(servers.map((server) => server.quotes()));
    expect(Math.min(...quotes)).toBeGreaterThan(40);
  });

  it("lose no call when one of them is killed under load, and the dead one is forgotten", async () => {
    const [first, second] = await start("rates-1", "rates-2");
    const before = (await second?.quotes()) ?? 0;
    Object.assign(outgoing, { calls: 0, retries: 0 });
    const answers = await load(600, { meanwhile: () => void first?.end("SIGKILL") });
    expect(answers).toEqual({ exact: 600, degraded: 0, failed: 0 });
    expect(await second?.quotes()).toBeGreaterThan(before + 300);
    // The dead one was called, and the transport went elsewhere. Hedges of slow calls travel marked like retries; the
    // budget bounds both to 2 and one for ten successes.
    expect(outgoing.calls).toBeGreaterThan(600);
    expect(outgoing.retries).toBeLessThanOrEqual(62);
    const left = await instances((all) => all.length === 1);
    expect(left).toMatchObject([{ id: "rates-2", healthy: true }]);
  });

  it("keep being used while the registry is away, even when one of them dies then", async () => {
    const [first] = await start("rates-1", "rates-2");
    await mesh.fault(controlOfShipping, { kind: "broken" });
    // Longer than a snapshot is fresh: the registry is asked, and does not answer.
    while ((await mesh.callsOver(controlOfShipping)) === 0) {
      expect(await load(20)).toEqual({ exact: 20, degraded: 0, failed: 0 });
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    await first?.end("SIGKILL");
    expect(await load(100)).toEqual({ exact: 100, degraded: 0, failed: 0 });
  });

  it("let the mesh's Workers in, and nobody else", async () => {
    const [server] = await start("rates-1");
    const ask = (headers: Record<string, string>) =>
      fetch(`${server?.url}/internal/quotes`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ country: "DE", items: 1, weight: 500 }),
      });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ authorization: `Bearer ${REGISTRY_TOKEN}` })).status).toBe(401);
  });

  it("say goodbye when they are told to end", async () => {
    const [server] = await start("rates-1", "rates-2");
    await server?.end("SIGTERM");
    expect(await instances((all) => all.length === 1)).toMatchObject([{ id: "rates-2" }]);
    expect(await load(50)).toEqual({ exact: 50, degraded: 0, failed: 0 });
  });
});

describe("registering", () => {
  const registration = { service: SERVICE, id: "here", url: "http://127.0.0.1:1", version: "1", ttl: 2 };
  const as = (token: string) => new ShopClient(mesh.fetch, token);
  const register = (token: string, changes: object = {}) =>
    as(token).post("/_mesh/registrations", { ...registration, ...changes });
  const tokenFor = async (service: string): Promise<string> =>
    (await operatorOf(mesh).post("/_weft/registry/tokens", { service })).body.token;

  it("takes a token of the service, and the lease ends unless it is renewed", async () => {
    const token = await tokenFor(SERVICE);
    expect(await register(token)).toMatchObject({
      status: 201,
      body: { ttl: 2, renewAfter: 2 / 3, key: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(await as(token).send("PUT", `/_mesh/registrations/${SERVICE}/here`)).toMatchObject({
      status: 200,
    });
    await instances((all) => all.length === 1);
    await instances((all) => all.length === 0);
    expect(await as(token).send("PUT", `/_mesh/registrations/${SERVICE}/here`)).toMatchObject({
      status: 404,
      body: { code: "NOT_REGISTERED" },
    });
  });

  it("is refused to strangers (401) and to holders of another service's token (403)", async () => {
    expect(await register("guessed")).toMatchObject({ status: 401, body: { code: "TOKEN_INVALID" } });
    expect(await mesh.shop.post("/_mesh/registrations", registration)).toMatchObject({
      status: 401,
      body: { code: "AUTHENTICATION_REQUIRED" },
    });
    const other = await tokenFor("other");
    const forbidden = { status: 403, body: { code: "FORBIDDEN" } };
    expect(await register(other)).toMatchObject(forbidden);
    const mine = `/_mesh/registrations/${SERVICE}/here`;
    expect(await as(other).send("PUT", mine)).toMatchObject(forbidden);
    expect(await as(other).send("DELETE", mine)).toMatchObject(forbidden);
    expect((await operatorOf(mesh).get("/_weft/registry")).body.items).toEqual([]);
  });

  it.each([
    ["http://169.254.169.254/", "ADDRESS_NOT_ALLOWED"],
    ["http://user:pw@127.0.0.1/", "ADDRESS_NOT_ALLOWED"],
    ["file:///etc/passwd", "VALIDATION_FAILED"],
    ["not an address", "VALIDATION_FAILED"],
  ])("is refused for %s (400)", async (url, code) => {
    expect(await register(REGISTRY_TOKEN, { url })).toMatchObject({ status: 400, body: { code } });
  });

  it("shows operators alone who is there", async () => {
    expect((await mesh.shop.get("/_weft/registry")).status).toBe(401);
    expect((await as(REGISTRY_TOKEN).get("/_weft/registry")).status).toBe(401);
    expect((await as(REGISTRY_TOKEN).post("/_weft/registry/tokens", { service: SERVICE })).status).toBe(401);
  });
});
