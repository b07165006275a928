import { ALGORITHM, AUDIENCE, CLOCK_SKEW, ISSUER } from "@shop/users/contract";
import type { TestMesh } from "@weft/testkit/mesh";
import type { Answer } from "@weft/testkit/shop-client";
import { calculateJwkThumbprint, exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operatorOf, startShop } from "./shop.ts";

const keys = await generateKeyPair(ALGORITHM, { extractable: true });
const others = await generateKeyPair(ALGORITHM, { extractable: true });
const publicJwk = await exportJWK(keys.publicKey);
const kid = await calculateJwkThumbprint(publicJwk);

let mesh: TestMesh;
let sub: string;

beforeAll(async () => {
  mesh = await startShop();
  // A key of the shop's that the test has, too: retired a moment ago, so it is published and signs nothing any more.
  await mesh.sql(
    "shop-users",
    `INSERT INTO signing_keys (kid, public_jwk, private_jwe, created_at, activated_at, retired_at)
     VALUES (?1, ?2, NULL, ?3, ?3, ?3)`,
    kid,
    JSON.stringify(publicJwk),
    Date.now(),
  );
  const buyer = await mesh.shop.signUp();
  sub = (await buyer.get("/v1/users/me")).body.id;
});
afterAll(() => mesh.close());

function claims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  const good = { iss: ISSUER, aud: AUDIENCE, sub, scope: "customer", iat: now, nbf: now, exp: now + 3_600 };
  return Object.fromEntries(
    Object.entries({ ...good, ...changes }).filter(([, value]) => value !== undefined),
  );
}
const sign = (
  changes: Record<string, unknown> = {},
  header: { alg?: string; kid?: string } = {},
  key: CryptoKey | Uint8Array = keys.privateKey,
) => new SignJWT(claims(changes)).setProtectedHeader({ alg: ALGORITHM, kid, ...header }).sign(key);
const seconds = (fromNow: number) => Math.floor(Date.now() / 1000) + fromNow;
const bytes = (text: string) => new TextEncoder().encode(text);
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

async function parts(): Promise<[string, string, string]> {
  return (await sign()).split(".") as [string, string, string];
}

const ask = (token: string | undefined): Promise<Answer> =>
  mesh.shop.get("/v1/users/me", token === undefined ? {} : { authorization: `Bearer ${token}` });

function expectRefusal({ status, headers, body }: Answer, code: string): void {
  expect([status, headers.get("content-type")]).toEqual([401, "application/problem+json"]);
  expect(body).toMatchObject({
    status: 401,
    code,
    title: expect.any(String),
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(headers.get("www-authenticate")).toMatch(
    code.startsWith("TOKEN_") ? /^Bearer error="invalid_token"/ : /^Bearer$/,
  );
}

describe("an access token", () => {
  it("that is good lets its owner in, whichever published key has signed it", async () => {
    expect(await ask(await sign())).toMatchObject({ status: 200, body: { id: sub } });
  });

  it.each<[string, string, () => Promise<string> | string]>([
    ["has expired", "TOKEN_EXPIRED", () => sign({ exp: seconds(-CLOCK_SKEW - 5) })],
    ["is not valid yet", "TOKEN_INVALID", () => sign({ nbf: seconds(CLOCK_SKEW + 60) })],
    ["never expires", "TOKEN_INVALID", () => sign({ exp: undefined })],
    ["is from another issuer", "TOKEN_INVALID", () => sign({ iss: "https://shop.example" })],
    ["is for another audience", "TOKEN_INVALID", () => sign({ aud: "bank" })],
    ["names nobody", "TOKEN_INVALID", () => sign({ sub: undefined })],
    ["names an account that does not exist", "TOKEN_INVALID", () => sign({ sub: crypto.randomUUID() })],
    [
      "is signed by a stranger under the shop's key id",
      "TOKEN_INVALID",
      () => sign({}, {}, others.privateKey),
    ],
    [
      "is signed by a stranger's key",
      "TOKEN_INVALID",
      async () =>
        sign({}, { kid: await calculateJwkThumbprint(await exportJWK(others.publicKey)) }, others.privateKey),
    ],
    ["has alg none", "TOKEN_INVALID", () => new UnsecuredJWT(claims()).encode()],
    [
      "has alg none and a real signature",
      "TOKEN_INVALID",
      async () => `${encode({ alg: "none", kid })}.${(await parts()).slice(1).join(".")}`,
    ],
    [
      "is an HMAC under the public key (PEM)",
      "TOKEN_INVALID",
      async () => sign({}, { alg: "HS256" }, bytes(await exportSPKI(keys.publicKey))),
    ],
    [
      "is an HMAC under the public key (JWK)",
      "TOKEN_INVALID",
      () => sign({}, { alg: "HS256" }, bytes(JSON.stringify(publicJwk))),
    ],
    [
      "had its payload changed",
      "TOKEN_INVALID",
      async () => {
        const [header, , signature] = await parts();
        return `${header}.${encode(claims({ scope: "customer operator" }))}.${signature}`;
      },
    ],
    ["lost its signature", "TOKEN_INVALID", async () => `${(await parts()).slice(0, 2).join(".")}.`],
    ["is garbage with dots", "TOKEN_INVALID", () => "not.a.jwt"],
    ["is garbage", "TOKEN_INVALID", () => "garbage"],
  ])("that %s gets 401 %s", async (_, code, make) => {
    expectRefusal(await ask(await make()), code);
  });

  it("that is missing gets 401, as do credentials of another kind", async () => {
    expectRefusal(await ask(undefined), "AUTHENTICATION_REQUIRED");
    const basic = await mesh.shop.get("/v1/users/me", { authorization: "Basic YTpi" });
    expectRefusal(basic, "AUTHENTICATION_REQUIRED");
  });

  it("of an operator is nobody's to sign", async () => {
    expect(
      await mesh.shop.get("/_weft/audit", { authorization: `Bearer ${await sign({ sub: "operator" })}` }),
    ).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
  });

  it("signed just after a rotation is good at once, even while strangers invent key ids", async () => {
    const old = await mesh.shop.signUp();
    for (let guess = 0; guess < 10; guess++)
      expectRefusal(await ask(await sign({}, { kid: `invented-${guess}` })), "TOKEN_INVALID");
    const { status, body } = await operatorOf(mesh).post("/_weft/keys/rotation");
    expect(status).toBe(200);
    const fresh = await mesh.shop.signUp();
    const [header = ""] = fresh.token?.split(".") ?? [];
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toMatchObject({ kid: body.kid });
    expect((await fresh.get("/v1/users/me")).status).toBe(200);
    expect((await old.get("/v1/users/me")).status).toBe(200);
  });
});
