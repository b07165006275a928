import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "@weft/testkit/random";
import { Balancer, type Instance } from "./balancer.ts";
import type { InstanceOutcome } from "./ejection.ts";

type Endpoint = { id: string };

function balancer(...ids: string[]): Balancer<Endpoint> {
  const made = new Balancer<Endpoint>();
  made.update(
    ids.map((id) => ({ id })),
    0,
  );
  return made;
}

function get(from: Balancer<Endpoint>, id: string): Instance<Endpoint> {
  const found = from.instances.find(({ endpoint }) => endpoint.id === id);
  if (!found) throw new Error(`no instance ${id}`);
  return found;
}

/** One call that `outcomes` decides by instance; tries another instance once if nobody listened. */
function call(
  on: Balancer<Endpoint>,
  now: number,
  random: () => number,
  outcome: (id: string) => InstanceOutcome,
) {
  const first = on.pick(now, random);
  if (!first) return undefined;
  const result = outcome(first.endpoint.id);
  on.done(first, result, 20, now, random);
  if (result !== "unreachable") return result;
  const second = on.pick(now, random, first);
  if (!second) return undefined;
  const again = outcome(second.endpoint.id);
  on.done(second, again, 20, now, random);
  return again;
}

describe("power of two choices", () => {
  it("gives twice the weight twice the requests under load", () => {
    const weighted = new Balancer<{ id: string; weight?: number }>();
    weighted.update([{ id: "a" }, { id: "b", weight: 2 }], 0);
    for (let n = 0; n < 30; n++) weighted.pick(0, seeded(1));
    expect(weighted.instances.map(({ inFlight }) => inFlight)).toEqual([10, 20]);
  });

  it("never takes the dearer one of two instances", () => {
    const state = fc.record({ latency: fc.integer({ min: 31, max: 5_000 }), inFlight: fc.nat(50) });
    fc.assert(
      fc.property(state, state, fc.integer(), (a, b, seed) => {
        const two = balancer("a", "b");
        for (const [id, { latency, inFlight }] of Object.entries({ a, b })) {
          get(two, id).latency.observe(latency, 0);
          get(two, id).inFlight = inFlight;
        }
        const costs = two.instances.map((instance) => instance.cost(0));
        const cheapest = Math.min(...costs);
        const chosen = two.pick(0, seeded(seed));
        expect(costs[chosen?.endpoint.id === "a" ? 0 : 1]).toBe(cheapest);
      }),
    );
  });

  it("sends a slow instance its share and no more", () => {
    const many = balancer("a", "b", "c", "slow");
    const random = seeded(7);
    const taken = new Map<string, number>();
    for (let n = 0; n < 4_000; n++) {
      const chosen = many.pick(n, random);
      if (!chosen) throw new Error("nothing picked");
      const { id } = chosen.endpoint;
      taken.set(id, (taken.get(id) ?? 0) + 1);
      many.done(chosen, "ok", id === "slow" ? 400 : 20, n, random);
    }
    expect(taken.get("slow")).toBeLessThan(200);
    for (const id of ["a", "b", "c"]) expect(taken.get(id)).toBeGreaterThan(1_000);
  });

  it("keeps the requests in flight even: the fullest of n instances stays near the mean", () => {
    const many = balancer(...Array.from({ length: 20 }, (_, n) => `i${n}`));
    const random = seeded(3);
    for (let n = 0; n < 1_000; n++) many.pick(0, random);
    const loads = many.instances.map(({ inFlight }) => inFlight);
    expect(Math.max(...loads)).toBeLessThanOrEqual(54);
    expect(loads.reduce((a, b) => a + b)).toBe(1_000);
  });
});

describe("passive ejection", () => {
  it("fails no call when one of two instances dies", () => {
    const two = balancer("a", "b");
    const random = seeded(1);
    let reachedDead = 0;
    for (let now = 0; now < 60_000; now += 10) {
      const outcome = call(two, now, random, (id) => {
        if (id === "a" && now > 10_000) reachedDead++;
        return id === "a" && now > 10_000 ? "unreachable" : "ok";
      });
      expect(outcome).toBe("ok");
    }
    expect(reachedDead).toBeLessThan(10);
  });

  it("never ejects the last instance that serves", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer(), (count, seed) => {
        const some = balancer(...Array.from({ length: count }, (_, n) => `i${n}`));
        const random = seeded(seed);
        for (let now = 0; now < 20_000; now += 50) {
          call(some, now, random, () => (random() < 0.8 ? "unreachable" : "failure"));
          expect(some.instances.some((instance) => instance.serving(now))).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("does not let an instance that fails fast win by its speed", () => {
    const three = balancer("a", "b", "bad");
    const random = seeded(5);
    let bad = 0;
    for (let now = 0; now < 10_000; now += 10) {
      const chosen = three.pick(now, random);
      if (!chosen) throw new Error("nothing picked");
      const failing = chosen.endpoint.id === "bad";
      if (failing) bad++;
      three.done(chosen, failing ? "failure" : "ok", failing ? 1 : 20, now, random);
    }
    expect(bad).toBeLessThan(20);
  });

  it("does not eject the only one that the active checks find well", () => {
    const two = balancer("a", "b");
    two.checked("b", false);
    const a = get(two, "a");
    for (let n = 0; n < 10; n++) two.done(a, "unreachable", 1, 0, () => 0.5);
    expect(a.serving(0)).toBe(true);
  });

  it("does not take a fast failure for a fast answer", () => {
    const two = balancer("a", "b");
    const a = get(two, "a");
    const expected = a.latency.value(5_000);
    two.done(a, "failure", 1, 5_000, () => 0.5);
    expect(a.latency.value(5_000)).toBe(expected);
    two.done(a, "overload", 2_000, 5_000, () => 0.5);
    expect(a.latency.value(5_000)).toBe(2_000);
  });

  it("takes an instance back one request at a time, and fully after a success", () => {
    const two = balancer("a", "b");
    const a = get(two, "a");
    const [first] = [two.pick(0, () => 0)];
    if (first !== a) throw new Error("expected a");
    two.done(a, "unreachable", 1, 0, () => 0.5);
    expect(a.serving(999)).toBe(false);
    expect(a.serving(1_000)).toBe(true);
    const b = get(two, "b");
    b.inFlight = 100;
    expect(two.pick(1_000, () => 0)).toBe(a);
    expect(two.pick(1_000, () => 0)).toBe(b);
    two.done(a, "ok", 20, 1_100, () => 0.5);
    expect([two.pick(1_100, () => 0), two.pick(1_100, () => 0)]).toEqual([a, a]);
  });
});

describe("the registry's snapshot", () => {
  it("decides who is healthy; nobody healthy means everybody is tried", () => {
    const two = balancer("a", "b");
    two.checked("a", false);
    for (let n = 0; n < 20; n++) expect(two.pick(0, seeded(n))?.endpoint.id).toBe("b");
    get(two, "b").inFlight = 0;
    two.checked("b", false);
    const seen = new Set(Array.from({ length: 20 }, (_, n) => two.pick(0, seeded(n))?.endpoint.id));
    expect(seen).toEqual(new Set(["a", "b"]));
    expect(balancer().pick(0, Math.random)).toBeUndefined();
  });

  it("ends an ejection when an active check finds the instance well again", () => {
    const two = balancer("a", "b");
    const a = get(two, "a");
    two.done(a, "unreachable", 1, 0, () => 0.5);
    two.checked("a", false);
    two.checked("a", true);
    expect(a.serving(1)).toBe(true);
  });

  it("keeps what is known of an instance that stays", () => {
    const two = balancer("a", "b");
    const a = get(two, "a");
    two.update([{ id: "a" }, { id: "c" }], 10);
    expect(get(two, "a")).toBe(a);
    expect(two.instances.map(({ endpoint }) => endpoint.id)).toEqual(["a", "c"]);
  });
});
