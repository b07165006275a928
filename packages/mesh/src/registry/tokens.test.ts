import { sign, verify } from "hono/utils/jwt/jwt";
import { describe, expect, it } from "vitest";
import { CallerToken } from "./caller-token.ts";
import { callKey, registrationKey } from "./keys.ts";
import { issueRegistrationToken, verifyRegistrationToken } from "./registration-token.ts";

const SECRET = "a secret";
const MINUTE = 60_000;

describe("a registration token", () => {
  const issue = (now = Date.now(), secret = SECRET) => issueRegistrationToken(secret, "rates", 3_600, now);

  it("names its service until it expires", async () => {
    expect(await verifyRegistrationToken(SECRET, (await issue()).token)).toBe("rates");
    const { token } = await issue(Date.now() - 61 * MINUTE);
    await expect(verifyRegistrationToken(SECRET, token)).rejects.toMatchObject({ code: "TOKEN_EXPIRED" });
  });

  it.each([
    ["of another registry", async () => (await issue(Date.now(), "another secret")).token],
    ["with a changed service", async () => forged((await issue()).token, { sub: "payments" })],
    ["without a signature", async () => unsigned((await issue()).token)],
    ["made for something else", () => made({ aud: "elsewhere" })],
    ["that never expires", () => made({ exp: undefined })],
    ["that names no service", () => made({ sub: undefined })],
    ["that is none", async () => "guessed"],
    ["that calls are signed with", async () => callerToken(await callKey(SECRET, "rates"))],
  ])("%s is refused", async (_, token) => {
    await expect(verifyRegistrationToken(SECRET, await token())).rejects.toMatchObject({
      code: "TOKEN_INVALID",
      status: 401,
    });
  });
});

describe("a caller's token", () => {
  it("says who calls whom, for a minute", async () => {
    const now = Date.now();
    const token = await new CallerToken("rates").for("shipping", "the key", now);
    const claims = await verify(token, "the key", { alg: "HS256", iss: "weft", aud: "rates" });
    expect(claims).toMatchObject({ sub: "shipping", exp: Math.floor(now / 1_000) + 60 });
  });

  it("is signed once in 30 s, and again for another key", async () => {
    const tokens = new CallerToken("rates");
    const at = (now: number, key = "k1") => tokens.for("shipping", key, now);
    const first = await at(0);
    expect(await at(29_999)).toBe(first);
    expect(await at(30_000)).not.toBe(first);
    expect(await at(30_001, "k2")).not.toBe(await at(30_000, "k1"));
  });
});

it("has a key for each purpose", async () => {
  const keys = [
    await registrationKey(SECRET),
    await callKey(SECRET, "rates"),
    await callKey(SECRET, "rate"),
    await callKey("another", "rates"),
  ];
  expect(new Set(keys).size).toBe(4);
});

/** Signed with the right key, all the same. */
async function made(changes: object): Promise<string> {
  const claims = { aud: "weft-registry", sub: "rates", exp: Math.floor(Date.now() / 1_000) + 60 };
  return sign({ ...claims, ...changes }, await registrationKey(SECRET), "HS256");
}

const callerToken = (key: string) => new CallerToken("weft-registry").for("rates", key, Date.now());

function forged(token: string, changes: object): string {
  const [head, body = "", signature] = token.split(".");
  const claims = { ...JSON.parse(Buffer.from(body, "base64url").toString()), ...changes };
  return [head, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
}

function unsigned(token: string): string {
  const [, body] = token.split(".");
  return `${Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url")}.${body}.`;
}
