import { afterEach, describe, expect, it, vi } from "vitest";
import { fail, ok, stage } from "../outbound/fixture.ts";
import { VerdictAggregator } from "../resilience/aggregator.ts";
import type { TimerRuntime } from "../runtime.ts";
import { LEASE_PATIENCE, LOOK_UP_PATIENCE } from "./region.ts";
import type { ObjectNamespace } from "./verdict-object.ts";

afterEach(() => void vi.unstubAllGlobals());

/** A region's object behind a binding, as itty-durable would answer; counts its requests. */
function region(world: () => number) {
  const aggregator = new VerdictAggregator();
  const asked: string[] = [];
  /** What the object's answers wait for. */
  const line: { hold: Promise<void> | undefined } = { hold: undefined };
  const verdict = () => aggregator.verdict(world(), () => 0.5);
  const methods: Record<string, (...args: never[]) => unknown> = {
    report: (_: string, { reporter, buckets }: { reporter: string; buckets: never[] }) => {
      aggregator.report(reporter, buckets, world(), () => 0.5);
      return verdict();
    },
    lease: () => ({ lease: aggregator.lease(world(), () => 0.5), verdict: verdict() }),
    settle: (_: string, lease: number, outcome: "ok") => {
      aggregator.settle(lease, outcome, world(), () => 0.5);
      return verdict();
    },
  };
  const namespace: ObjectNamespace = {
    idFromName: (name) => name,
    get: (name) => ({
      fetch: async (url, init) => {
        const method = url.split("/").at(-1) ?? "";
        asked.push(`${String(name)} ${method}`);
        await line.hold;
        const args = JSON.parse(new Headers(init.headers).get("do-content") ?? "[]") as never[];
        return Response.json(methods[method]?.(...args));
      },
    }),
  };
  return { aggregator, asked, line, namespace };
}

/** A stage in a Worker with a region; `settled` waits for the background work. */
function inRegion(after?: TimerRuntime["after"]) {
  const pending: Promise<unknown>[] = [];
  let now = () => 0;
  const there = region(() => now());
  const host = {
    service: "gateway",
    env: { CIRCUITS: there.namespace },
    waitUntil: (work: Promise<unknown>) => void pending.push(work),
  };
  const here = stage({ host, throttle: false, ...(after && { after }) });
  now = () => here.world.now;
  const settled = async () => {
    while (pending.length > 0) await pending.shift();
  };
  return { ...here, ...there, settled };
}

/** A region whose verdict is open, its first probe due, and whose object does not answer; timers end by hand. */
async function silentRegion() {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  const timers: { ms: number; end: () => void }[] = [];
  const here = inRegion((ms, end) => {
    timers.push({ ms, end });
    return () => {};
  });
  const failing = { age: 0, sent: 0, ok: 0, failure: 0, overload: 20, throttled: 0 };
  await here.repeat(1, ok);
  for (const reporter of ["a", "b", "c"])
    here.aggregator.report(reporter, [failing], here.world.now, () => 0.5);
  here.world.now += 6_000;
  await here.repeat(1, ok);
  await here.settled();
  const { promise, resolve } = Promise.withResolvers<void>();
  here.line.hold = promise;
  here.requests.length = timers.length = here.asked.length = 0;
  const turns = async () => {
    for (let n = 0; n < 50; n++) await Promise.resolve();
  };
  return { ...here, timers, answer: resolve, turns };
}

describe("an isolate and its region", () => {
  it("awaits no object on healthy requests, and reports in the background", async () => {
    const { repeat, callees, world, asked, settled } = inRegion();
    for (let n = 0; n < 100; n++) {
      expect(await repeat(1, ok)).toEqual(["OK"]);
      world.now += 500;
    }
    await settled();
    expect(callees.circuits.get("shop")?.awaited).toBe(0);
    expect(new Set(asked)).toEqual(new Set(["local:shop report"]));
    expect(asked.length).toBeLessThanOrEqual(11);
  });

  it("holds calls back by the region's verdict, although it has seen nothing bad itself", async () => {
    const { repeat, aggregator, world, settled, requests, callees } = inRegion();
    await repeat(1, ok);
    aggregator.override("open", world.now + 60_000, world.now);
    world.now += 6_000;
    await repeat(1, ok);
    await settled();
    expect(await repeat(3, ok)).toEqual(Array(3).fill("CIRCUIT_OPEN"));
    expect(requests).toHaveLength(2);
    expect(callees.circuits.get("shop")?.awaited).toBe(0);
  });

  it("asks for the lease before it probes, and tells how the probe ended", async () => {
    const { repeat, aggregator, world, settled, asked, callees } = inRegion();
    await repeat(1, ok);
    const failing = { age: 0, sent: 0, ok: 0, failure: 0, overload: 20, throttled: 0 };
    for (const reporter of ["a", "b", "c"]) aggregator.report(reporter, [failing], world.now, () => 0.5);
    world.now += 1_200;
    await repeat(1, fail("INTERNAL"));
    await settled();
    world.now += 100;
    asked.length = 0;
    expect(await repeat(1, ok)).toEqual(["OK"]);
    await settled();
    expect(asked).toContain("local:shop lease");
    expect(asked).toContain("local:shop settle");
    expect(callees.circuits.get("shop")?.awaited).toBe(1);
  });

  it("goes on alone when the region cannot be reached", async () => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    const here = stage({
      host: {
        service: "gateway",
        env: {
          CIRCUITS: {
            idFromName: (name: string) => name,
            get: () => ({ fetch: () => Promise.reject(new Error("no network")) }),
          },
        },
        waitUntil: () => undefined,
      },
    });
    expect(await here.repeat(3, ok)).toEqual(["OK", "OK", "OK"]);
    expect((await here.repeat(8, fail("UNAVAILABLE"))).at(-1)).toBe("CIRCUIT_OPEN");
  });

  it("waits for the lease no longer than half a second, then decides alone", async () => {
    const { calls, timers, turns, requests } = await silentRegion();
    const answer = calls().get({ id: "1" });
    await turns();
    expect([timers.map(({ ms }) => ms), requests]).toEqual([[LEASE_PATIENCE], []]);
    timers[0]?.end();
    expect(await answer).toEqual({ name: "it" });
    expect(requests).toHaveLength(1);
  });

  it("gives a lease back that was granted too late", async () => {
    const { calls, timers, turns, asked, answer, settled, line } = await silentRegion();
    const call = calls().get({ id: "1" });
    await turns();
    timers[0]?.end();
    await call;
    line.hold = undefined;
    answer();
    await settled();
    expect(asked).toEqual(expect.arrayContaining(["local:shop lease", "local:shop settle"]));
  });

  it("waits for the lease no longer than the call has time, and sends nothing when that is over", async () => {
    const { calls, timers, turns, requests, world, callees } = await silentRegion();
    const answer = calls()
      .get({ id: "1" }, { timeout: 200 })
      .catch((error: unknown) => error);
    await turns();
    expect(timers.map(({ ms }) => ms)).toEqual([200]);
    world.now += 200;
    timers[0]?.end();
    expect(await answer).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(requests).toEqual([]);
    expect(callees.circuits.get("shop")?.breaker.snapshot().run.length).toBe(0);
  });

  it("waits for the data centre's cache no longer than a call can", async () => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    vi.stubGlobal("caches", { default: { match: () => new Promise(() => {}), put: async () => undefined } });
    const timers: { ms: number; end: () => void }[] = [];
    const { calls, requests } = inRegion((ms, end) => {
      timers.push({ ms, end });
      return () => {};
    });
    const answer = calls().get({ id: "1" });
    await Promise.resolve();
    expect([timers.map(({ ms }) => ms), requests]).toEqual([[LOOK_UP_PATIENCE], []]);
    timers[0]?.end();
    expect(await answer).toEqual({ name: "it" });
  });
});
