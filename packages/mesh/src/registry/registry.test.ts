import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryStore } from "./memory-store.ts";
import { Registration } from "./registration.ts";
import { CHECK_INTERVAL, MAX_INSTANCES, Registry } from "./registry.ts";

const registrationOf = (id: string, changes: Partial<Registration> = {}): Registration =>
  Registration.parse({ service: "rates", id, url: `http://127.0.0.1/${id}`, version: "1", ...changes });
const a = registrationOf("a");
const name = { service: "rates", id: "a" };

function registry(...registrations: Registration[]): Registry {
  const made = new Registry(memoryStore());
  for (const each of registrations) made.register(each, 0);
  return made;
}

const ids = (from: Registry) => from.endpoints("rates").map(({ id }) => id);

describe("a lease", () => {
  it("runs out 30 s after the last renewal, and not before", () => {
    const held = registry(a);
    held.renew(name, 10_000);
    held.expire(39_999, 39_999);
    expect(ids(held)).toEqual(["a"]);
    held.expire(40_000, 40_000);
    expect(ids(held)).toEqual([]);
    expect(held.renew(name, 40_001)).toBeUndefined();
  });

  it("outlives a registry that was away: nobody could renew", () => {
    const held = registry(a);
    held.expire(300_000, 5_000);
    expect(ids(held)).toEqual(["a"]);
    held.expire(330_000, 330_000);
    expect(ids(held)).toEqual([]);
  });

  it("is given back by its holder", () => {
    const held = registry(a, registrationOf("b"));
    held.deregister(name);
    expect(ids(held)).toEqual(["b"]);
  });

  it("is never lost by who renews in time, and never kept by who does not (property)", () => {
    const step = fc.record({ wait: fc.integer({ min: 1, max: 9_000 }), renews: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.array(step, { maxLength: 60 }), (ttl, steps) => {
        const held = registry(registrationOf("a", { ttl }));
        let now = 0;
        let end = ttl * 1_000;
        for (const { wait, renews } of steps) {
          now += wait;
          held.expire(now, now);
          const alive = now < end;
          expect(ids(held)).toEqual(alive ? ["a"] : []);
          if (renews && held.renew(name, now)) end = now + ttl * 1_000;
        }
      }),
    );
  });
});

describe("registering again", () => {
  it("renews, and forgets what was known of another process under the name", () => {
    const held = registry(a);
    for (const at of [5_000, 10_000, 15_000]) held.checked(held.list()[0] as never, false, at);
    expect(held.endpoints("rates")).toMatchObject([{ healthy: false }]);
    held.register(a, 20_000);
    expect(held.list()).toMatchObject([{ healthy: false, registeredAt: 0, expiresAt: 50_000 }]);
    held.register({ ...a, url: "http://127.0.0.1/elsewhere" }, 25_000);
    expect(held.list()).toMatchObject([{ healthy: true, registeredAt: 25_000 }]);
  });

  it("is possible when the registry is full, unlike registering anew", () => {
    const full = registry(...Array.from({ length: MAX_INSTANCES }, (_, n) => registrationOf(`i${n}`)));
    expect(full.register(registrationOf("i7"), 1)).toBe(true);
    expect(full.register(registrationOf("one-too-many"), 1)).toBe(false);
  });
});

describe("active checks", () => {
  it("take three failures to find an instance sick, two successes to find it well", () => {
    const held = registry(a);
    const seen: boolean[] = [];
    for (const passed of [false, false, true, false, false, false, true, false, true, true]) {
      held.checked(held.list()[0] as never, passed, seen.length);
      seen.push(held.endpoints("rates")[0]?.healthy ?? false);
    }
    expect(seen).toEqual([true, true, true, true, true, false, false, false, false, true]);
  });

  it("are due every 5 s for each instance", () => {
    const held = registry(a);
    expect(held.due(CHECK_INTERVAL - 1)).toEqual([]);
    const [due] = held.due(CHECK_INTERVAL);
    expect(due).toMatchObject({ id: "a" });
    if (due) held.checked(due, true, CHECK_INTERVAL);
    expect(held.due(CHECK_INTERVAL + 1)).toEqual([]);
  });

  it("say nothing about an instance that has moved or gone meanwhile", () => {
    const held = registry(a);
    const begun = { ...(held.list()[0] as never as ReturnType<Registry["list"]>[number]), against: 2 };
    held.register({ ...a, url: "http://127.0.0.1/elsewhere" }, 1);
    held.checked(begun, false, 2);
    expect(held.list()).toMatchObject([{ against: 0, checkedAt: 1 }]);
    held.deregister(name);
    held.checked(begun, true, 3);
    expect(held.list()).toEqual([]);
  });
});

describe("the next tick", () => {
  it("is at the next check or end of a lease, and never when there is nobody", () => {
    expect(registry().nextTick(0)).toBeUndefined();
    expect(registry(a).nextTick(0)).toBe(5_000);
    expect(registry(a, registrationOf("b", { ttl: 2 })).nextTick(0)).toBe(2_000);
    expect(registry(a).nextTick(60_000)).toBe(60_100);
  });
});
