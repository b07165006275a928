import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { effects } from "../test/worker.ts";
import { storeConformance } from "./conformance.ts";
import type { IdempotencyStore } from "./store.ts";

const store = (env as unknown as { IDEMPOTENCY: DurableObjectNamespace<IdempotencyStore> }).IDEMPOTENCY;
const worker = (exports as unknown as { default: Fetcher }).default;

const claim = { claimId: "c1", fingerprint: "f1", lease: 30_000, lifetime: 60_000 };
const answer = { status: 201, headers: { location: "/things/1" }, body: new Uint8Array([123, 125, 0, 255]) };

function send(name: string) {
  return worker.fetch("http://test/things", {
    method: "POST",
    body: JSON.stringify({ name }),
    headers: { "content-type": "application/json", "idempotency-key": `"${name}"` },
  });
}

describe("keys in Durable Objects", () => {
  storeConformance(() => store);

  it("keep their answer when the object is evicted from memory", async () => {
    const stub = store.getByName("kept");
    const begun = await stub.begin(claim);
    expect(begun).toMatchObject({ executionId: expect.stringMatching(/^[0-9A-Z]{26}$/) });
    if (begun.kind !== "new") throw new Error("unreachable");
    await stub.finish(begun, answer, claim.lifetime);
    await evictDurableObject(stub);
    expect(await store.getByName("kept").begin(claim)).toEqual({ kind: "replay", answer });
  });

  it("leave nothing behind when they are given back", async () => {
    const other = store.getByName("released");
    const begun = await other.begin(claim);
    if (begun.kind !== "new") throw new Error("unreachable");
    await other.release(begun);
    await runInDurableObject(other, async (_, state) => {
      expect([...state.storage.kv.list()]).toEqual([]);
      expect(await state.storage.getAlarm()).toBeNull();
    });
  });

  it("deletes everything by its alarm when the key has expired, and not before", async () => {
    const stub = store.getByName("expiring");
    await stub.begin({ ...claim, lifetime: 60_000 });
    await runDurableObjectAlarm(stub);
    expect(await stub.begin(claim)).toEqual({ kind: "in-flight" });
    await runInDurableObject(stub, (_, state) => {
      const record = state.storage.kv.get<{ expiresAt: number }>("record");
      state.storage.kv.put("record", { ...record, expiresAt: Date.now() });
    });
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    await runInDurableObject(stub, (_, state) => expect([...state.storage.kv.list()]).toEqual([]));
  });

  it("lets one of 1,000 concurrent requests through (I15)", async () => {
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => send("crowd")));
    expect(effects.get("crowd")).toBe(1);
    const done = answers.filter(({ status }) => status === 201);
    expect(done.length).toBeGreaterThan(0);
    expect(new Set(await Promise.all(done.map((each) => each.text()))).size).toBe(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(1_000 - done.length);
    expect((await send("crowd")).headers.get("idempotency-replayed")).toBe("true");
  });
});
