import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Registration } from "@weft/mesh/registry";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ServiceRegistry } from "./service-registry.ts";

const objects = (env as unknown as { REGISTRY: DurableObjectNamespace<ServiceRegistry> }).REGISTRY;
const rates = (id: string, changes: Partial<Registration> = {}) =>
  Registration.parse({ service: "rates", id, url: `http://${id}.test/base/`, version: "1", ...changes });

/** Instances that answer their health checks as given, by host; the others cannot be reached. */
function instances(statuses: Record<string, number>) {
  return vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
    const status = statuses[new URL(input as string).host];
    if (status === undefined) throw new Error("Network connection lost.");
    return new Response(status === 204 ? null : "{}", { status });
  });
}

/** The alarm, at a later time. */
async function ring(stub: DurableObjectStub<ServiceRegistry>, now: number): Promise<void> {
  vi.setSystemTime(now);
  await runInDurableObject(stub, (object) => object.alarm());
}

const alarmOf = (stub: DurableObjectStub<ServiceRegistry>) =>
  runInDurableObject(stub, (_, state) => state.storage.getAlarm());
const healthOf = async (stub: DurableObjectStub<ServiceRegistry>) =>
  Object.fromEntries((await stub.endpoints("rates")).map(({ id, healthy }) => [id, healthy]));

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("ServiceRegistry", () => {
  it("remembers its instances after it was evicted from memory", async () => {
    const stub = objects.getByName("evicted");
    await stub.register(rates("a", { zone: "eu" }));
    await stub.register(rates("b", { service: "other" }));
    await evictDurableObject(stub);
    const again = objects.getByName("evicted");
    expect(await again.endpoints("rates")).toEqual([
      { id: "a", url: "http://a.test/base/", version: "1", zone: "eu", weight: 1, healthy: true },
    ]);
    expect((await again.list()).map(({ service }) => service)).toEqual(["other", "rates"]);
    expect(await again.renew({ service: "rates", id: "a" })).toBe(30);
    expect(await again.renew({ service: "rates", id: "stranger" })).toBeUndefined();
  });

  it("sets its alarm for the first instance, takes it away after the last, and sets a lost one again", async () => {
    const stub = objects.getByName("alarms");
    const now = Date.now();
    await stub.register(rates("a"));
    expect(await alarmOf(stub)).toBeGreaterThan(now);
    await runInDurableObject(stub, (_, state) => state.storage.deleteAlarm());
    await stub.endpoints("rates");
    expect(await alarmOf(stub)).toBeGreaterThan(now);
    await stub.deregister({ service: "rates", id: "a" });
    await runDurableObjectAlarm(stub);
    expect(await alarmOf(stub)).toBeNull();
  });

  it("finds the sick by its checks, at the instance's own path, and the recovered", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const stub = objects.getByName("checks");
    const begin = Date.now();
    await stub.register(rates("well", { ttl: 300 }));
    await stub.register(rates("sick", { ttl: 300, healthPath: "/ready" }));
    await stub.register(rates("dead", { ttl: 300 }));
    const statuses: Record<string, number> = { "well.test": 200, "sick.test": 500 };
    const fetch = instances(statuses);
    for (const n of [1, 2]) await ring(stub, begin + n * 5_000);
    expect(await healthOf(stub)).toEqual({ well: true, sick: true, dead: true });
    await ring(stub, begin + 15_000);
    expect(await healthOf(stub)).toEqual({ well: true, sick: false, dead: false });
    statuses["sick.test"] = 204;
    for (const n of [4, 5]) await ring(stub, begin + n * 5_000);
    expect(await healthOf(stub)).toEqual({ well: true, sick: true, dead: false });
    const asked = new Set(fetch.mock.calls.map(([address]) => address as string));
    expect(asked).toEqual(
      new Set([
        "http://well.test/base/health",
        "http://sick.test/base/ready",
        "http://dead.test/base/health",
      ]),
    );
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({ redirect: "manual" });
  });

  it("forgets who does not renew, but not because it was away itself", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    instances({ "a.test": 200 });
    const stub = objects.getByName("expiry");
    const begin = Date.now();
    await stub.register(rates("a"));
    await ring(stub, begin + 300_000);
    expect(await healthOf(stub)).toEqual({ a: true });
    for (let at = begin + 305_000; at < begin + 330_000; at += 5_000) await ring(stub, at);
    expect(await healthOf(stub)).toEqual({ a: true });
    await ring(stub, begin + 330_000);
    expect(await healthOf(stub)).toEqual({});
  });

  it("is armed before it works, and its alarm never throws", async () => {
    const stub = objects.getByName("broken");
    await stub.register(rates("a"));
    await runInDurableObject(stub, async (object, state) => {
      await state.storage.deleteAlarm();
      state.storage.sql.exec("DROP TABLE instances");
      await object.alarm();
      expect(await state.storage.getAlarm()).toBeGreaterThan(Date.now());
    });
  });
});
