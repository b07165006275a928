import * as z from "zod";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { RETENTION } from "../retention.ts";
import { Chance } from "../../sim/chance.ts";
import { saga } from "../definition.ts";
import { things, trip } from "../testing/definition.ts";
import { request, ShardLife } from "../testing/shard-life.ts";
import { dead, type Script, World } from "../testing/world.ts";
import { PERIOD } from "./histories.ts";

beforeEach(() => {
  for (const method of ["log", "error", "warn"] as const)
    vi.spyOn(console, method).mockImplementation(() => {});
});

const ids = (count: number) => Array.from({ length: count }, (_, n) => `trip-${n}`);
const refused: Script = (step, phase) => (step === "car" && phase === "do" ? "business" : "ok");

describe("many sagas in one object", () => {
  it("run side by side, and leave an alarm for the end of their storage", async () => {
    const life = new ShardLife();
    await Promise.all(ids(20).map((id, n) => life.start(id, n % 2 ? refused : undefined)));
    const began = life.time.now();
    expect(await life.end(60_000)).toBe(true);
    expect(life.time.now() - began).toBeLessThan(1_000);
    for (const [n, id] of ids(20).entries()) {
      expect(life.index.get(id)?.state).toBe(n % 2 ? "COMPENSATED" : "COMPLETED");
      expect(life.worlds.get(id)?.standing).toHaveLength(n % 2 ? 0 : 6);
      expect(await life.shard.inspect(id)).toMatchObject({ saga: { id, settled: true } });
    }
    expect(await life.shard.wait("trip-7", 0)).toMatchObject({ consistency: "trip-7@1" });
    expect(life.alarmsSet).toBe(1);
    await life.time.until(() => life.alarmsSet === 3, life.time.now() + 60_000);
    expect(life.alarmAt).toBe((Math.floor(began / PERIOD) + 1) * PERIOD + RETENTION);
  });

  it("are known by their ids: each joins, conflicts and is unknown by itself", async () => {
    const life = new ShardLife();
    expect(await life.start("a")).toBe("begun");
    expect(await life.start("b")).toBe("begun");
    expect(await life.start("a")).toBe("joined");
    expect(await life.shard.start({ ...request("b"), input: { to: "Oslo" } })).toBe("conflict");
    expect(await life.shard.start({ ...request("c"), version: 2 })).toBe("undefined-here");
    expect(await life.shard.get("c")).toBeUndefined();
    expect(await life.shard.wait("c", 1_000)).toBeUndefined();
    expect(await life.shard.resume("c")).toBeUndefined();
    expect(await life.shard.inspect("c")).toBeUndefined();
    const signed = { requestId: "r", actor: "ops", reason: "why" };
    expect(await life.shard.order("c", signed, { verb: "cancel" })).toMatchObject({ code: "SAGA_UNKNOWN" });
    expect(await life.shard.signal("c", "s", "x", {})).toMatchObject({ code: "SAGA_UNKNOWN" });
  });
});

describe("a process that dies", () => {
  it("at any moment is followed by another, which its alarm wakes and which ends all of its sagas", async () => {
    for (let moment = 0; moment < 60; moment += 3) {
      const life = new ShardLife();
      await Promise.all(ids(5).map((id, n) => life.start(id, n % 2 ? refused : undefined)));
      await life.pass(moment);
      life.kill();
      await life.pass(1_000);
      // Others come to the new process meanwhile.
      await life.start("late", dead("hotel"));
      expect(await life.end(60_000)).toBe(true);
      for (const [id, { standing, effects }] of life.worlds) {
        expect([0, 6]).toContain(standing.length);
        expect(new Set(effects).size).toBe(effects.length);
        expect(life.index.get(id)?.state).toBe(standing.length === 6 ? "COMPLETED" : "COMPENSATED");
      }
    }
  });

  it("again and again, and whose alarm is lost, is woken for one saga and goes on with all of them", async () => {
    const life = new ShardLife();
    life.latency = 300;
    await Promise.all(ids(5).map((id) => life.start(id)));
    for (let n = 0; n < 4; n++) {
      await life.pass(700);
      life.kill();
      life.loseAlarm();
      await life.shard.resume(`trip-${n}`);
      expect(life.alarmAt).toBeDefined();
    }
    expect(await life.end(60_000)).toBe(true);
    for (const { standing } of life.worlds.values()) expect(standing).toHaveLength(6);
  });

  it("leaves a timer without a saga, which is removed", async () => {
    const life = new ShardLife();
    await life.start("a");
    await life.end(60_000);
    life.db.sql.exec("INSERT INTO timers VALUES ('ghost', 0)");
    await life.shard.rang();
    expect(life.live).toEqual([]);
  });
});

const { make, unmake } = things.operations;
const input = () => ({ ref: "x" });
const DAY = 86_400_000;
const back = saga("back", { version: 1, input: trip.input })
  .compensatable("label", make, { input, undo: { operation: unmake, input } })
  .waitFor("parcel", { signal: z.object({}), timeout: 14 * DAY, onTimeout: "compensate" })
  .pivot("pay", make, { input });

describe("a saga that rests", () => {
  const resting = async () => {
    const life = new ShardLife([trip, back]);
    await life.start("a", undefined, back);
    await life.pass(1_000);
    return life;
  };

  it("holds up no other, and goes on when its own time has come", async () => {
    const life = await resting();
    const due = life.index.get("a")?.dueAt;
    for (const id of ids(3)) await life.start(id);
    await life.pass(60_000);
    expect(life.db.rows("SELECT * FROM timers")).toEqual([{ saga: "a", due }]);
    expect(await life.end(15 * DAY)).toBe(true);
    expect(life.index.get("a")?.state).toBe("COMPENSATED");
  });

  it("costs no writes, however often and in however many processes somebody looks", async () => {
    const life = await resting();
    await life.pass(60_000);
    const before = [life.alarmsSet, life.index.get("a")];
    for (let n = 0; n < 4; n++) {
      if (n % 2) life.kill();
      else await life.shard.get("other");
      expect(await life.shard.get("a")).toMatchObject({
        state: "RUNNING",
        dueAt: life.index.get("a")?.dueAt,
      });
      await life.pass(20_000);
      expect(await life.time.result(life.shard.wait("a", 100))).toMatchObject({ state: "RUNNING" });
    }
    expect([life.alarmsSet, life.index.get("a")]).toEqual(before);
  });

  it.each<[string, (life: ShardLife) => Promise<unknown>, string]>([
    ["a signal", ({ shard }) => shard.signal("a", "s1", "parcel", {}), "COMPLETED"],
    [
      "an order",
      ({ shard }) => shard.order("a", { requestId: "r", actor: "ops", reason: "why" }, { verb: "cancel" }),
      "COMPENSATED",
    ],
  ])("is not left to its rest by a process that dies when it has accepted %s", async (_, send, state) => {
    const life = await resting();
    life.publishing = () => new Promise(() => {});
    expect(await send(life)).toHaveProperty("value");
    life.kill();
    life.publishing = async () => {};
    expect(await life.end(60_000)).toBe(true);
    expect(life.index.get("a")?.state).toBe(state);
  });
});

it("what happens while the index is told of a rest is not overslept", async () => {
  const life = new ShardLife([back]);
  const rests = Promise.withResolvers<void>();
  const never = new Promise<void>(() => {});
  // It is told that the saga is at work, then that it rests, then that it is at work again.
  const tellings = [Promise.resolve(), rests.promise, never];
  life.publishing = () => tellings.shift() ?? never;
  await life.start("a", undefined, back);
  await life.pass(1_000);
  expect(tellings).toEqual([never]);
  expect(await life.shard.signal("a", "s1", "parcel", {})).toMatchObject({ value: "accepted" });
  rests.resolve();
  await life.pass(1);
  expect(tellings).toEqual([]);
  life.kill();
  life.publishing = async () => {};
  expect(await life.end(60_000)).toBe(true);
  expect(life.index.get("a")?.state).toBe("COMPLETED");
});

it("a saga that was alone in its object goes on without anybody asking for it", async () => {
  const life = new ShardLife();
  const { plan, hash } = trip;
  const { id, input, trace, principal } = request("a");
  const head = { id, plan, hash, input, trace, principal, startedAt: 0 };
  life.worlds.set("a", new World(() => "ok"));
  life.db.sql.exec("CREATE TABLE history (seq INTEGER PRIMARY KEY, entry TEXT NOT NULL)");
  const entry = JSON.stringify({ head, log: [{ type: "started", at: 0 }] });
  life.db.sql.exec("INSERT INTO history (entry) VALUES (?)", entry);
  await life.shard.restore();
  expect(await life.end(60_000)).toBe(true);
  expect(life.index.get("a")?.state).toBe("COMPLETED");
});

it("an alarm that was lost when all had ended is set again, so that the storage has an end", async () => {
  const life = new ShardLife();
  await life.start("a");
  await life.end(60_000);
  life.loseAlarm();
  await life.shard.resume("a");
  expect(life.alarmAt).toBeGreaterThan(life.time.now() + RETENTION - PERIOD);
});

it("an alarm whose handler fails at its first query rings again", async () => {
  const life = new ShardLife();
  await life.start("a", dead("hotel", "do", 3));
  life.kill();
  const { sql } = life.db;
  const exec = sql.exec.bind(sql);
  let failed = false;
  sql.exec = (query, ...rest) => {
    if (!failed && query.includes("WHERE due")) {
      failed = true;
      throw new Error("storage is away");
    }
    return exec(query, ...rest);
  };
  expect(await life.end(60_000)).toBe(true);
  expect(failed).toBe(true);
});

describe("a saga that cannot be read", () => {
  it("holds up no other, be they a hundred", async () => {
    const life = new ShardLife();
    await life.start("a");
    for (let n = 0; n < 100; n++) {
      life.db.sql.exec(`INSERT INTO history_0 VALUES ('bad-${n}', 1, 0, '{')`);
      life.db.sql.exec(`INSERT INTO timers VALUES ('bad-${n}', 0)`);
    }
    life.kill();
    await life.pass(60_000);
    expect(life.index.get("a")?.state).toBe("COMPLETED");
  });
});

it("a saga has one driver, whoever looks", async () => {
  const life = new ShardLife();
  life.latency = 950;
  await life.start("a", (step, _, attempt) => (step === "mail" && attempt < 12 ? "dead" : "ok"));
  while (life.live.length > 0) {
    await life.pass(700);
    await life.shard.get("other");
    await life.shard.get("a");
  }
  const attempts = life.worlds.get("a")?.attempts ?? [];
  expect(new Set(attempts).size).toBe(attempts.length);
  const log = (await life.shard.inspect("a"))?.log ?? [];
  expect(log.filter(({ type }) => type === "intent")).toHaveLength(attempts.length);
  expect(new Set(log.map((event) => ("epoch" in event ? event.epoch : 1)))).toEqual(new Set([1]));
});

it("a version that is not deployed is not migrated to", async () => {
  const life = new ShardLife();
  await life.start("a", dead("hotel"));
  const signed = { requestId: "r", actor: "ops", reason: "why" };
  expect(await life.shard.order("a", signed, { verb: "migrate", version: 2 })).toMatchObject({
    code: "NOT_MIGRATABLE",
  });
});

it.each(Array.from({ length: 40 }, (_, seed) => seed))(
  "whatever happens to the process, every saga ends (%i)",
  async (seed) => {
    const chance = new Chance(seed);
    const life = new ShardLife();
    life.tellAfter = chance.one([0, 2_000]);
    life.latency = chance.one([5, 300]);
    const sweep = async () => {
      await life.shard.restore();
      for (const { id, dueAt } of life.index.values())
        if (dueAt !== undefined && dueAt < life.time.now() - 45_000) await life.shard.resume(id);
    };
    for (const id of ids(chance.int(1, 12))) {
      await life.start(id, chance.one([() => "ok", refused, dead("hotel", "do", 4), dead("mail", "do", 9)]));
      await life.pass(chance.int(0, 500));
      if (chance.is(0.3)) life.kill();
      if (chance.is(0.2)) life.loseAlarm();
      if (chance.is(0.3)) await life.shard.get(`trip-${chance.int(0, 11)}`);
      // Whoever has no answer asks again.
      await life.start(id);
    }
    for (let minute = 0; minute < 4 && life.live.length > 0; minute++) {
      await sweep();
      await life.end(60_000);
    }
    expect(life.live).toEqual([]);
    for (const [id, { standing, effects }] of life.worlds) {
      expect(new Set(effects).size).toBe(effects.length);
      expect(life.index.get(id)?.state).toBe(standing.length === 6 ? "COMPLETED" : "COMPENSATED");
      expect([0, 6]).toContain(standing.length);
    }
  },
);

it("an answer to a saga that was let go is not written over what came since", async () => {
  const life = new ShardLife();
  await life.start("parked", dead("mail", "do", 60));
  await life.time.until(() => (life.index.get("parked")?.parked.length ?? 0) > 0);
  const log = async () => (await life.shard.inspect("parked"))?.log;
  // Somebody else is asked for, later than the platform would keep an idle object.
  await life.pass(20_000);
  await life.shard.get("other");
  const before = await log();
  life.latency = 60_000;
  await life.pass(30 * 60_000);
  const after = await log();
  expect(after?.slice(0, before?.length)).toEqual(before);
});

it("what ended long ago is forgotten, and an object with nothing in it stores nothing", async () => {
  const life = new ShardLife();
  await life.start("a");
  await life.end(60_000);
  await life.time.until(() => life.db.rows("SELECT name FROM sqlite_master").length === 0);
  expect(life.time.now()).toBeGreaterThanOrEqual((life.index.get("a")?.updatedAt ?? 0) + RETENTION);
  expect(await life.shard.get("a")).toBeUndefined();
  expect(await life.start("b")).toBe("begun");
  expect(await life.end(60_000)).toBe(true);
});
