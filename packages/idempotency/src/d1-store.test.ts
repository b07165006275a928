import { d1 } from "@weft/testkit/d1";
import { drizzle } from "drizzle-orm/d1";
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from "drizzle-kit/api";
import { beforeAll, describe, expect, it } from "vitest";
import { storeConformance } from "./conformance.ts";
import { idempotencyKeys } from "./d1-schema.ts";
import { d1KeyStore, forgetExpired } from "./d1-store.ts";
import { memoryStore } from "./memory-store.ts";

let now = Date.UTC(2026, 10, 21);
const later = (ms: number) => void (now += ms);
const DB = d1();
const db = drizzle(DB);

beforeAll(async () => {
  const tables = await generateSQLiteDrizzleJson({ idempotencyKeys });
  for (const statement of await generateSQLiteMigration(await generateSQLiteDrizzleJson({}), tables))
    await DB.exec(statement);
}, 30_000);

describe("keys in D1", () => {
  storeConformance(() => d1KeyStore(db, () => now), later);

  it("are deleted when they have expired, and not before", async () => {
    await forgetExpired(db, Number.MAX_SAFE_INTEGER);
    const store = d1KeyStore(db, () => now);
    const claim = { claimId: "c", fingerprint: "f", lease: 1_000, lifetime: 60_000 };
    await store.getByName("old").begin(claim);
    later(30_000);
    await store.getByName("young").begin(claim);
    later(30_000);
    expect(await forgetExpired(db, now)).toBe(1);
    expect(await db.select({ name: idempotencyKeys.name }).from(idempotencyKeys)).toEqual([
      { name: "young" },
    ]);
  });
});

describe("keys in memory", () => {
  const store = memoryStore(() => now);
  storeConformance(() => store, later);
});
