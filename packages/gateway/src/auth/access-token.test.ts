import { meshError } from "@weft/mesh";
import { exportJWK, exportSPKI, generateKeyPair, type JSONWebKeySet, SignJWT, UnsecuredJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { type TokenRules, verifyToken } from "./access-token.ts";
import { JwksCache } from "./jwks-cache.ts";

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

const rules: TokenRules = {
  issuer: "https://shop.test",
  audience: "shop",
  algorithm: "ES256",
  clockSkew: 30,
};
const NOW = 1_800_000_000;
let keys: Keys;
let others: Keys;
let rsa: Keys;
let jwks: JSONWebKeySet;

beforeAll(async () => {
  keys = await generateKeyPair("ES256", { extractable: true });
  others = await generateKeyPair("ES256", { extractable: true });
  rsa = await generateKeyPair("RS256", { extractable: true });
  const jwk = async (pair: Keys, kid: string, alg: string) => ({
    ...(await exportJWK(pair.publicKey)),
    kid,
    alg,
    use: "sig",
  });
  jwks = { keys: [await jwk(keys, "k1", "ES256"), await jwk(rsa, "rsa", "RS256")] };
});

function claims(changes: Record<string, unknown> = {}) {
  const all = {
    iss: rules.issuer,
    aud: rules.audience,
    sub: "usr_1",
    scope: "customer",
    iat: NOW,
    nbf: NOW,
    exp: NOW + 60,
    ...changes,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
const sign = (
  changes?: Record<string, unknown>,
  header: Record<string, string> = {},
  key: Keys["privateKey"] | Uint8Array = keys.privateKey,
) => new SignJWT(claims(changes)).setProtectedHeader({ alg: "ES256", kid: "k1", ...header }).sign(key);

async function verify(token: string, seconds = NOW): Promise<unknown> {
  const now = () => seconds * 1000;
  try {
    return await verifyToken(token, rules, new JwksCache(now), () => Promise.resolve(jwks), now);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("verifyToken", () => {
  it("gives the principal of a good token", async () => {
    expect(await verify(await sign({ scope: "customer wholesale" }))).toEqual({
      sub: "usr_1",
      scopes: ["customer", "wholesale"],
    });
    expect(await verify(await sign({ scope: undefined }))).toEqual({ sub: "usr_1", scopes: [] });
  });

  it("allows clocks to be 30 s apart, and no more", async () => {
    const token = await sign();
    expect(await verify(token, NOW + 60 + 29)).toMatchObject({ sub: "usr_1" });
    expect(await verify(token, NOW + 60 + 31)).toBe("TOKEN_EXPIRED");
    expect(await verify(token, NOW - 29)).toMatchObject({ sub: "usr_1" });
    expect(await verify(token, NOW - 31)).toBe("TOKEN_INVALID");
  });

  it.each<[string, () => Promise<string> | string]>([
    ["from another issuer", () => sign({ iss: "https://evil.test" })],
    ["without an issuer", () => sign({ iss: undefined })],
    ["for another audience", () => sign({ aud: "bank" })],
    ["without an audience", () => sign({ aud: undefined })],
    ["that never expires", () => sign({ exp: undefined })],
    ["without a start", () => sign({ nbf: undefined })],
    ["of nobody", () => sign({ sub: undefined })],
    ["signed with another key under a known id", () => sign({}, {}, others.privateKey)],
    ["signed with a key that is not published", () => sign({}, { kid: "k9" }, others.privateKey)],
    [
      "of another algorithm, by a published key",
      () => sign({}, { alg: "RS256", kid: "rsa" }, rsa.privateKey),
    ],
    ["with alg none", () => new UnsecuredJWT(claims()).encode()],
    ["with alg none and somebody's signature", noneWithSignature],
    ["signed with the public key as an HMAC secret", hmacWithPublicKey],
    ["with a changed payload", tampered],
    ["that is no JWT", () => "not.a.jwt"],
    ["that is nothing like a JWT", () => "nonsense"],
  ])("refuses a token %s", async (_, make) => {
    expect(await verify(await make())).toBe("TOKEN_INVALID");
  });

  it("says what to do about a token that is none", async () => {
    await expect(
      verifyToken("nonsense", rules, new JwksCache(), () => Promise.resolve(jwks)),
    ).rejects.toThrow("sign in again");
  });

  it("does not blame the token when the keys cannot be loaded", async () => {
    const down = () => Promise.reject(meshError("UNAVAILABLE"));
    await expect(verifyToken(await sign(), rules, new JwksCache(), down)).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
  });
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

async function noneWithSignature(): Promise<string> {
  const [, , signature] = (await sign()).split(".");
  return `${encode({ alg: "none", kid: "k1" })}.${encode(claims())}.${signature}`;
}

async function hmacWithPublicKey(): Promise<string> {
  return sign({}, { alg: "HS256" }, new TextEncoder().encode(await exportSPKI(keys.publicKey)));
}

async function tampered(): Promise<string> {
  const [header, , signature] = (await sign()).split(".");
  return `${header}.${encode(claims({ sub: "usr_2" }))}.${signature}`;
}
