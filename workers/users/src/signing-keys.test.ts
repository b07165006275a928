import type * as Crypto from "node:crypto";
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from "jose";
import { isNull } from "drizzle-orm";
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

const rows = () => service.db.select().from(signingKeys);
const activeKid = async () =>
  (await rows()).find(({ activatedAt, retiredAt }) => activatedAt !== null && retiredAt === null)?.kid;
const kidOf = (token: string) => decodeProtectedHeader(token).kid;
const publishedKids = async () => (await service.gateway.jwks({})).keys.map(({ kid }) => kid);

describe("an access token", () => {
  it("carries the agreed claims and header, and nothing about its owner", async () => {
    const token = await signIn();
    const now = start.getTime() / 1000;
    expect(decodeProtectedHeader(token)).toEqual({
      alg: "ES256",
      typ: "JWT",
      kid: await activeKid(),
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
    const key = { kty: "EC", crv: "P-256", x: text, y: text, kid: text, alg: "ES256", use: "sig" };
    expect(keys).toEqual([key, key]);
  });

  it("are encrypted in the database", async () => {
    await signIn();
    for (const row of await rows()) {
      expect(decodeProtectedHeader(row.privateJwe ?? "")).toMatchObject({ enc: "A256GCM", kid: row.kid });
      expect(JSON.stringify(row)).not.toContain('"d"');
    }
    expect(await rows()).toHaveLength(2);
  });

  it("are published before they sign, so that a verifier with keys from before a rotation knows the signer", async () => {
    await signIn();
    for (let rotation = 0; rotation < 2; rotation++) {
      const known = await publishedKids();
      const { kid } = await service.operator.rotateKeys({});
      expect(known).toContain(kid);
      expect(kidOf(await signIn())).toBe(kid);
      expect(known).not.toEqual(await publishedKids());
    }
  });

  it("one first pair wins when isolates make it at once, and all tokens verify", async () => {
    await service.gateway.register(ada);
    const [one, two] = await Promise.all([
      service.gateway.logIn(ada),
      service.gateway.logIn(ada),
      service.gateway.jwks({}),
    ]);
    expect(await service.db.$count(signingKeys)).toBe(2);
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
    expect(await publishedKids()).toContain(kid);
    expect(await publishedKids()).toHaveLength(2);
    await expect(verify(old)).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" });
  });

  it("lose their private part when they retire, and cron deletes them after their last token", async () => {
    await signIn();
    const { kid } = await service.operator.rotateKeys({});
    const retired = (await rows()).find(({ retiredAt }) => retiredAt !== null);
    expect(retired).toMatchObject({ privateJwe: null, retiredAt: start.getTime() });
    await cron();
    expect(await rows()).toHaveLength(3);
    pass(AFTERLIFE + 1);
    await cron();
    expect((await rows()).map((row) => row.kid)).not.toContain(retired?.kid);
    expect(await rows()).toHaveLength(2);
    expect(await activeKid()).toBe(kid);
  });

  it("rotate by cron after 30 days as the signer, not before", async () => {
    const used = [kidOf(await signIn())];
    for (let term = 0; term < 2; term++) {
      pass(30 * DAY - 1);
      await cron();
      expect(kidOf(await signIn())).toBe(used.at(-1));
      pass(1);
      await cron();
      used.push(kidOf(await signIn()));
    }
    expect(new Set(used).size).toBe(3);
  });

  it("rotated by several at once leave one that signs", async () => {
    await signIn();
    const rotations = await Promise.all([1, 2, 3].map(() => service.operator.rotateKeys({})));
    expect(new Set(rotations.map(({ kid }) => kid)).size).toBe(3);
    const unretired = (await rows()).filter((row) => row.retiredAt === null);
    expect(unretired).toHaveLength(2);
    expect(unretired.filter((row) => row.activatedAt === null)).toHaveLength(1);
    expect(rotations.map(({ kid }) => kid)).toContain(await activeKid());
    expect(kidOf(await signIn())).toBe(await activeKid());
  });

  it("of before there were next keys go on signing, and get a successor when they are rotated", async () => {
    await signIn();
    await service.db.delete(signingKeys).where(isNull(signingKeys.activatedAt));
    const old = await signIn();
    const { kid } = await service.operator.rotateKeys({});
    expect([kidOf(await signIn()), await publishedKids()]).toEqual([kid, expect.any(Array)]);
    expect(await rows()).toHaveLength(3);
    await expect(verify(old)).resolves.toBeDefined();
  });

  it("of before there were next keys are active ones after the migration", () => {
    const db = new DatabaseSync(":memory:");
    const migrate = (name: string) => db.exec(readFileSync(`migrations/users/${name}.sql`, "utf8"));
    migrate("0000_init");
    db.exec("INSERT INTO signing_keys VALUES ('k1', '{}', NULL, 1, 2), ('k2', '{}', 'jwe', 2, NULL)");
    migrate("0001_next-signing-key");
    expect(db.prepare("SELECT kid, activated_at AS since FROM signing_keys").all()).toEqual([
      { kid: "k1", since: 1 },
      { kid: "k2", since: 2 },
    ]);
  });

  it("of before the secret was replaced are all given up by one rotation", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await signIn();
    const known = await publishedKids();
    service = startUsers(Buffer.alloc(32, 8).toString("base64"), service.DB);
    await expect(signIn()).rejects.toMatchObject({ code: "INTERNAL" });
    const { kid } = await service.operator.rotateKeys({});
    expect(known).not.toContain(kid);
    await expect(verify(await signIn())).resolves.toBeDefined();
    await service.operator.rotateKeys({});
    await expect(verify(await signIn())).resolves.toBeDefined();
    logged.mockRestore();
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
