import { describe, expect, it } from "vitest";
import type { SagaObject } from "../saga-object.ts";
import { sagas } from "../sagas.ts";
import { request, ShardLife } from "../testing/shard-life.ts";
import { objectsIn, type Places, placeOf, type Spread } from "./places.ts";

/** Objects that come to be when they are named; each is a process of its own. */
function objects() {
  const lives = new Map<string, ShardLife>();
  const getByName = (name: string): SagaObject => {
    const life = lives.get(name) ?? new ShardLife();
    lives.set(name, life);
    return life.shard;
  };
  return { lives, namespace: { getByName } };
}

describe("the place of a saga", () => {
  it("never changes", () => {
    expect([
      placeOf("ord_1", 8),
      placeOf("ord_2", 8),
      placeOf("Ünïcödé", 5),
      placeOf("ord_1", "own"),
    ]).toEqual(["weft-shard-8-4", "weft-shard-8-5", "weft-shard-5-1", "ord_1"]);
  });

  it.each([2, 7, 8, 64])("is one of %i, all of which get their share", (spread) => {
    const counts = new Map<string, number>();
    const sagas = 1_000 * spread;
    for (let n = 0; n < sagas; n++) {
      const place = placeOf(`order-${n}`, spread);
      counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    expect(counts.size).toBe(spread);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(200);
  });

  it.each<Spread>([0, 1.5, -1, Number.NaN])("cannot be one of %s", (shards) => {
    expect(() => sagas({ object: "SAGAS", shards })).toThrow(`cannot be spread over ${shards} objects`);
    expect(() => sagas({ object: "SAGAS", formerly: [8, shards] })).toThrow("cannot be spread");
  });
});

describe("sagas that were spread in another way before", () => {
  const before: Places = { shards: "own" };
  const now: Places = { shards: 2, formerly: ["own"] };

  it("are found where they began, and do not begin again", async () => {
    const { namespace, lives } = objects();
    expect(await objectsIn(namespace, before).of("old").start(request("old"))).toBe("begun");
    const object = objectsIn(namespace, now).of("old");
    expect(await object.start(request("old"))).toBe("joined");
    expect(await object.get("old")).toMatchObject({ id: "old" });
    expect(await object.resume("old")).toMatchObject({ id: "old" });
    expect(await object.wait("old", 0)).toMatchObject({ id: "old" });
    expect(await object.inspect("old")).toMatchObject({ saga: { id: "old" } });
    const signed = { requestId: "r1", actor: "ops", reason: "why" };
    expect(await object.order("old", signed, { verb: "cancel" })).toMatchObject({ value: { id: "old" } });
    expect(await object.signal("old", "s1", "nothing", {})).toMatchObject({ code: "STEP_UNKNOWN" });
    expect(lives.get("old")?.live).toEqual(["old"]);
  });

  it("are found through more than one change, and asked for their alarms wherever they share an object", async () => {
    const { namespace } = objects();
    await objectsIn(namespace, before).of("a").start(request("a"));
    await objectsIn(namespace, now).of("b").start(request("b"));
    const later = objectsIn(namespace, { shards: 3, formerly: [2, "own"] });
    expect(await later.of("a").get("a")).toMatchObject({ id: "a" });
    expect(await later.of("a").start(request("a"))).toBe("joined");
    expect(await later.of("b").start(request("b"))).toBe("joined");
    expect(await later.of("c").start(request("c"))).toBe("begun");
    expect(later.shared).toHaveLength(5);
  });

  it("do not keep new ones from the new places", async () => {
    const { namespace, lives } = objects();
    const object = objectsIn(namespace, now).of("new");
    expect(await object.start(request("new"))).toBe("begun");
    expect(await object.get("new")).toMatchObject({ id: "new" });
    expect(lives.get(placeOf("new", 2))?.live).toEqual(["new"]);
    expect(await objectsIn(namespace, now).of("never").get("never")).toBeUndefined();
  });
});
