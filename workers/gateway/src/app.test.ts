import { meshError, MeshError } from "@weft/mesh";
import { describe, expect, it } from "vitest";
import { OPERATOR_TOKEN, shop, token } from "./fixture.ts";

const operator = { authorization: `Bearer ${OPERATOR_TOKEN}` };

describe("who may do what", () => {
  it("lets operators at the operators' paths, and customers not", async () => {
    const rotating = shop({ users: { rotateKeys: async () => ({ kid: "k2" }) } });
    const rotate = (headers: Record<string, string>) =>
      rotating.send("/_weft/keys/rotation", { method: "POST", headers });
    expect(await (await rotate(operator)).json()).toEqual({ kid: "k2" });
    expect((await rotate({})).status).toBe(401);
    expect((await rotate({ authorization: `Bearer ${await token()}` })).status).toBe(403);
    expect((await rotate({ authorization: "Bearer guessed" })).status).toBe(401);
  });

  it("does not believe headers of the mesh from outside", async () => {
    const forged = encodeURIComponent(JSON.stringify({ sub: "usr_9", scopes: ["operator"] }));
    expect((await shop().get("/v1/users/me", { "weft-principal": forged })).status).toBe(401);
    const own = { "weft-principal": forged, authorization: `Bearer ${await token("usr_1")}` };
    expect((await shop().get("/v1/users/me", own)).body.id).toBe("usr_1");
  });

  it("keeps product pages up for whoever comes with an old token, and without users", async () => {
    expect(
      (await shop({}, { down: ["users"] }).get("/v1/products", { authorization: "Bearer old" })).status,
    ).toBe(200);
  });

  it.each(["/internal/products", "/internal/health", "/_weft/nothing"])("has nothing at %s", async (path) => {
    expect(await shop().get(path, operator)).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
  });

  it("counts sign-ins by e-mail and address", async () => {
    const keys: string[] = [];
    const each = shop({
      users: {
        logIn: async () => {
          throw new MeshError("INVALID_CREDENTIALS", { status: 401 });
        },
      },
    });
    each.env.LOGIN_LIMIT = { limit: async ({ key }: { key: string }) => ({ success: keys.push(key) <= 1 }) };
    const logIn = () =>
      each.post(
        "/v1/sessions",
        { email: "Ada@Example.com", password: "x" },
        { "cf-connecting-ip": "192.0.2.1" },
      );
    expect(await logIn()).toMatchObject({ status: 401, body: { code: "INVALID_CREDENTIALS" } });
    expect(await logIn()).toMatchObject({ status: 429, body: { code: "RATE_LIMITED" } });
    expect(keys).toEqual(["ada@example.com 192.0.2.1", "ada@example.com 192.0.2.1"]);
  });

  it("counts by address whatever has a password hashed, before it is hashed", async () => {
    const keys: string[] = [];
    let hashed = 0;
    const hash = async () => {
      hashed++;
      throw new MeshError("INVALID_CREDENTIALS", { status: 401 });
    };
    const each = shop({ users: { logIn: hash, register: hash } });
    each.env.PASSWORD_LIMIT = {
      limit: async ({ key }: { key: string }) => ({ success: keys.push(key) <= 2 }),
    };
    const send = (path: string, email: string, address: string) =>
      each.post(path, { email, name: "Ada", password: "password" }, { "cf-connecting-ip": address });
    expect((await send("/v1/users", "a@example.com", "2001:db8::1")).status).toBe(401);
    expect((await send("/v1/sessions", "b@example.com", "2001:db8::2")).status).toBe(401);
    for (const path of ["/v1/users", "/v1/sessions"]) {
      expect(await send(path, "c@example.com", "2001:db8::3")).toMatchObject({
        status: 429,
        body: { code: "RATE_LIMITED" },
      });
    }
    expect(hashed).toBe(2);
    expect(new Set(keys)).toEqual(new Set(["2001:db8:0:0::/64"]));
  });
});

describe("what goes wrong inside", () => {
  const insides = /catalog|internal\/|shop-|\bat \/|\.ts\b|connection lost|D1_ERROR/;

  it.each<[string, () => never]>([
    ["a bug", () => fail(new TypeError("db.select is not a function at /srv/catalog.ts:3"))],
    ["a database error", () => fail(new Error("D1_ERROR: no such table: products"))],
    [
      "an operation's name",
      () => fail(meshError("DEADLINE_EXCEEDED", "No time was left to call catalog.getProduct.")),
    ],
    [
      "a caller that is not allowed",
      () => fail(meshError("CALLER_NOT_ALLOWED", '"gateway" may not call catalog.getProduct.')),
    ],
    ["a route that is not there", () => fail(meshError("NOT_FOUND", "/internal/products"))],
  ])("stays inside: %s", async (_, getProduct) => {
    const { status, body } = await shop({ catalog: { getProduct: async () => getProduct() } }).get(
      "/v1/products/prod_001",
    );
    expect(status).toBeGreaterThanOrEqual(500);
    expect(body.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.stringify(body)).not.toMatch(insides);
  });

  it("stays inside when a service is away", async () => {
    const { body } = await shop({}, { down: ["catalog"] }).get("/v1/products");
    expect(JSON.stringify(body)).not.toMatch(insides);
  });
});

function fail(error: Error): never {
  throw error;
}
