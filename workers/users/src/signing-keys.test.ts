import type * as Crypto from "node:crypto";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ada, startUsers } from "../test/users-service.ts";
import { ALGORITHM, AUDIENCE, CLOCK_SKEW, ISSUER, TOKEN_LIFETIME } from "./contract.ts";
import { signingKeys } from "./schema.ts";
import { AFTERLIFE } from "./signing-keys.ts";

// Passwords are not the point here, and an honest hash takes a good part of a second on a busy machine.
vi.mock("node:crypto", async (importOriginal) => {
  const crypto = await importOriginal<typeof Crypto>();
  const cheap = (password: string, salt: Buffer, length: number, _: unknown, done: never) =>
    crypto.scrypt(password, salt, length, { N: 2 }, done);
  return { ...crypto, scrypt: cheap };
});

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const start = new Date("2026-11-21T12:00:00Z");

let service: ReturnType<typeof startUsers>;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: start });
  service = startUsers();
});
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => void vi.setSystemTime(Date.now() + ms);
const cron = () => service.served.cron(new Date());

async function signIn(): Promise<string> {
  await service.gateway.register(ada).catch(() => undefined);
  return (await service.gateway.logIn(ada)).accessToken;
}

/** As any verifier does it: with the published keys and everything that the contract pins. */
async function verify(token: string) {
  const keys = createLocalJWKSet((await service.gateway.jwks({})) as never);
  const options = {
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: [ALGORITHM],
    clockTolerance: CLOCK_SKEW,
    currentDate: new Date(),
  };
  return jwtVerify(token, keys, options);
}

const kidOf = (token: string) => decodeProtectedHeader(token).kid;
const publishedKids = async () => (await service.gateway.jwks({})).keys.map(({ kid }) => kid);

describe("an access token", () => {
  it("carries the agreed claims and header, and nothing about its owner", async () => {
    const token = await signIn();
    const now = start.getTime() / 1000;
    expect(decodeProtectedHeader(token)).toEqual({
      alg: "ES256",
      typ: "JWT",
      kid: (await publishedKids())[0],
    });
    const { sub, jti, ...claims } = decodeJwt(token);
    expect(claims).toEqual({
      iss: ISSUER,
      aud: AUDIENCE,
      scope: "customer",
      iat: now,
      nbf: now,
      exp: now + TOKEN_LIFETIME,
    });
    expect(await service.signedInAs(sub ?? "").me({})).toMatchObject({ email: ada.email });
    expect(decodeJwt(await signIn()).jti).not.toBe(jti);
  });

  it("verifies with the published keys for an hour", async () => {
    const token = await signIn();
    pass(HOUR - 1);
    await expect(verify(token)).resolves.toBeDefined();
    pass(CLOCK_SKEW * 1000 + 1);
    await expect(verify(token)).rejects.toMatchObject({ code: "ERR_JWT_EXPIRED" });
  });

  it("signed otherwise than ES256 is refused: HMAC under the public key, or not at all", async () => {
    const token = await signIn();
    const [key] = (await service.gateway.jwks({})).keys;
    const header = { kid: kidOf(token) };
    const hmac = new SignJWT(decodeJwt(token)).setProtectedHeader({ ...header, alg: "HS256" });
    const forged = await hmac.sign(new TextEncoder().encode(JSON.stringify(key)));
    await expect(verify(forged)).rejects.toMatchObject({ code: "ERR_JOSE_ALG_NOT_ALLOWED" });
    const none = `${Buffer.from(JSON.stringify({ ...header, alg: "none" })).toString("base64url")}.${token.split(".")[1]}.`;
    await expect(verify(none)).rejects.toMatchObject({ code: "ERR_JOSE_ALG_NOT_ALLOWED" });
  });
});

describe("signing keys", () => {
  it("are published without their private part, marked for ES256 signatures", async () => {
    const { keys } = await service.gateway.jwks({});
    const text = expect.any(String) as string;
    expect(keys).toEqual([
      { kty: "EC", crv: "P-256", x: text, y: text, kid: text, alg: "ES256", use: "sig" },
    ]);
  });

  it("are encrypted in the database", async () => {
    await signIn();
    const [row] = await service.db.select().from(signingKeys);
    expect(decodeProtectedHeader(row?.privateJwe ?? "")).toMatchObject({ enc: "A256GCM", kid: row?.kid });
    expect(JSON.stringify(row)).not.toContain('"d"');
  });

  it("one first key wins when isolates make it at once, and all tokens verify", async () => {
    await service.gateway.register(ada);
    const [one, two] = await Promise.all([
      service.gateway.logIn(ada),
      service.gateway.logIn(ada),
      service.gateway.jwks({}),
    ]);
    expect(await service.db.$count(signingKeys)).toBe(1);
    expect(kidOf(one.accessToken)).toBe(kidOf(two.accessToken));
    await expect(verify(one.accessToken)).resolves.toBeDefined();
  });

  it("rotation: new tokens use the new key, old ones verify until the last of them has expired, then the key is gone", async () => {
    const old = await signIn();
    const { kid } = await service.operator.rotateKeys({});
    const fresh = await signIn();
    expect([kidOf(fresh), kidOf(old) === kid]).toEqual([kid, false]);
    expect(await publishedKids()).toEqual(expect.arrayContaining([kid, kidOf(old)]));
    await expect(verify(old)).resolves.toBeDefined();

    // At the last moment a verifier accepts the old key's last token, it still finds the key.
    pass((TOKEN_LIFETIME + CLOCK_SKEW) * 1000);
    expect(await publishedKids()).toContain(kidOf(old));
    pass(AFTERLIFE);
    expect(await publishedKids()).toEqual([kid]);
    await expect(verify(old)).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" });
  });

  it("lose their private part when they retire, and cron deletes them after their last token", async () => {
    await signIn();
    const { kid } = await service.operator.rotateKeys({});
    const rows = () => service.db.select().from(signingKeys);
    const retired = (await rows()).find((row) => row.kid !== kid);
    expect(retired).toMatchObject({ privateJwe: null, retiredAt: start.getTime() });
    await cron();
    expect(await rows()).toHaveLength(2);
    pass(AFTERLIFE + 1);
    await cron();
    expect((await rows()).map((row) => row.kid)).toEqual([kid]);
  });

  it("rotate by cron at the age of 30 days, not before", async () => {
    const old = kidOf(await signIn());
    pass(30 * DAY - 1);
    await cron();
    expect(await publishedKids()).toEqual([old]);
    pass(1);
    await cron();
    expect(await publishedKids()).toHaveLength(2);
    expect(kidOf(await signIn())).not.toBe(old);
  });

  it("rotated by several at once leave one that signs", async () => {
    await signIn();
    const rotations = await Promise.all([1, 2, 3].map(() => service.operator.rotateKeys({})));
    const active = (await service.db.select().from(signingKeys)).filter((row) => row.retiredAt === null);
    expect(active).toHaveLength(1);
    expect(rotations.map(({ kid }) => kid)).toContain(active[0]?.kid);
    expect(kidOf(await signIn())).toBe(active[0]?.kid);
  });

  it("are rotated by operators only", async () => {
    await expect(service.gateway.rotateKeys({})).rejects.toMatchObject({ code: "AUTHENTICATION_REQUIRED" });
    await expect(service.signedInAs("ada").rotateKeys({})).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  it("cannot be used without the secret: sign-in fails without telling why, and the service is not healthy", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    service = startUsers("c2hvcnQ=");
    await expect(signIn()).rejects.toMatchObject({ code: "INTERNAL", detail: undefined });
    expect(String(logged.mock.calls)).toContain(
      "USERS_KEY_SECRET must be 32 bytes in base64, but it decodes to 5",
    );
    const health = await service.served.binding("gateway").fetch(new Request("http://mesh/internal/health"));
    expect(await health.json()).toMatchObject({
      status: "DOWN",
      checks: { database: { status: "UP" }, key_secret: { status: "DOWN" } },
    });
    logged.mockRestore();
  });
});
