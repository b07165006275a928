import { meshError } from "@weft/mesh";
import { exportJWK, generateKeyPair, type JSONWebKeySet } from "jose";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { JwksCache } from "./jwks-cache.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const published: Record<string, JSONWebKeySet["keys"][number]> = {};
let now: number;
/** Ids of the keys that users publishes, or why it cannot be asked. */
let users: string[] | Error;
let loads: number;
let cache: JwksCache;

beforeAll(async () => {
  for (const kid of ["k1", "k2"]) {
    const { publicKey } = await generateKeyPair("ES256", { extractable: true });
    published[kid] = { ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" };
  }
});
beforeEach(() => {
  now = 1_000_000_000;
  users = ["k1"];
  loads = 0;
  cache = new JwksCache(() => now);
  const write = vi.spyOn(console, "log").mockReturnValue();
  return () => write.mockRestore();
});

async function load(): Promise<JSONWebKeySet> {
  loads++;
  await Promise.resolve();
  if (users instanceof Error) throw users;
  return { keys: users.flatMap((kid) => published[kid] ?? []) };
}
const find = (kid: string) => cache.find({ alg: "ES256", kid }, load);
const found = (kid: string) => find(kid).then(({ type }) => type);

describe("JwksCache", () => {
  it("asks once in ten minutes", async () => {
    await find("k1");
    now += 10 * MINUTE - 1;
    await find("k1");
    expect(loads).toBe(1);
    now += 1;
    await find("k1");
    expect(loads).toBe(2);
  });

  it("asks once for any number of requests at the same time", async () => {
    await Promise.all(Array.from({ length: 50 }, () => find("k1")));
    expect(loads).toBe(1);
  });

  it("learns of a new key from the first token that names it", async () => {
    await find("k1");
    users = ["k1", "k2"];
    expect(await found("k2")).toBe("public");
    expect(loads).toBe(2);
  });

  it("does not let strangers' key ids cause more than a few requests", async () => {
    await find("k1");
    const strange = () => find(`made-up-${loads}-${now}`).catch((error: { code: string }) => error.code);
    for (let guess = 0; guess < 100; guess++) expect(await strange()).toBe("ERR_JWKS_NO_MATCHING_KEY");
    expect(loads).toBe(1 + 5);
    now += 30 * SECOND;
    await strange();
    await strange();
    expect(loads).toBe(1 + 5 + 1);
    users = ["k1", "k2"];
    now += 30 * SECOND;
    expect(await found("k2")).toBe("public");
  });

  it("keeps using old keys while users is down, and asks again now and then", async () => {
    await find("k1");
    users = meshError("UNAVAILABLE");
    now += 11 * MINUTE;
    for (let request = 0; request < 10; request++) expect(await found("k1")).toBe("public");
    expect(loads).toBe(2);
    now += 30 * SECOND;
    await find("k1");
    expect(loads).toBe(3);
    users = ["k1"];
    now += 30 * SECOND;
    await find("k1");
    now += 9 * MINUTE;
    await find("k1");
    expect(loads).toBe(4);
  });

  it("does not believe keys that are a day old", async () => {
    await find("k1");
    users = meshError("UNAVAILABLE");
    now += 24 * HOUR;
    await expect(find("k1")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("says that users is down, not that the token is wrong, when it has no keys, and recovers at once", async () => {
    users = meshError("UNAVAILABLE");
    await expect(find("k1")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    users = ["k1"];
    expect(await found("k1")).toBe("public");
  });

  it("forgets a key that is no longer published", async () => {
    users = ["k1", "k2"];
    await find("k1");
    users = ["k2"];
    now += 10 * MINUTE;
    await expect(find("k1")).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" });
  });
});
