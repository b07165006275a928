import { beforeEach, describe, expect, it, vi } from "vitest";
import { RETENTION } from "../retention.ts";
import { request, ShardLife } from "../testing/shard-life.ts";
import { dead, type Script } from "../testing/world.ts";
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
      await life.time.until(() => false, life.time.now() + moment);
      life.kill();
      await life.time.until(() => false, life.time.now() + 1_000);
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
      await life.time.until(() => false, life.time.now() + 700);
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

describe("a saga that rests", () => {
  it("holds up no other, is not kept at hand, and goes on when its own time has come", async () => {
    const life = new ShardLife();
    await life.start("parked", dead("mail", "do", 30));
    await life.time.until(() => (life.index.get("parked")?.parked.length ?? 0) > 0);
    const due = life.index.get("parked")?.dueAt ?? 0;
    for (const id of ids(3)) await life.start(id);
    await life.time.until(() => life.live.length === 1);
    expect(life.live).toEqual(["parked"]);
    expect(life.db.rows("SELECT due FROM timers")).toEqual([{ due }]);
    expect(await life.end(24 * 60 * 60_000)).toBe(true);
    expect(life.index.get("parked")?.state).toBe("COMPLETED");
  });

  it("costs no writes, however often and in however many processes somebody looks", async () => {
    const life = new ShardLife();
    await life.start("parked", dead("mail"));
    await life.time.until(() => (life.index.get("parked")?.parked.length ?? 0) > 0);
    await life.time.until(() => false, life.time.now() + 20_000);
    const before = [life.alarmsSet, life.index.get("parked")];
    for (let n = 0; n < 3; n++) {
      life.kill();
      expect(await life.shard.get("parked")).toMatchObject({ parked: ["mail"] });
      await life.time.until(() => false, life.time.now() + 1_000);
      expect(await life.time.result(life.shard.wait("parked", 100))).toMatchObject({ parked: ["mail"] });
    }
    expect([life.alarmsSet, life.index.get("parked")]).toEqual(before);
  });
});

it("an answer to a saga that was let go is not written over what came since", async () => {
  const life = new ShardLife();
  await life.start("parked", dead("mail", "do", 60));
  await life.time.until(() => (life.index.get("parked")?.parked.length ?? 0) > 0);
  const log = async () => (await life.shard.inspect("parked"))?.log;
  // Somebody else is asked for, later than the platform would keep an idle object.
  await life.time.until(() => false, life.time.now() + 20_000);
  await life.shard.get("other");
  const before = await log();
  life.latency = 60_000;
  await life.time.until(() => false, life.time.now() + 30 * 60_000);
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
