import { beforeEach, expect, it, vi } from "vitest";
import { sqlite } from "../testing/sqlite.ts";
import { Timers } from "./timers.ts";

let db: ReturnType<typeof sqlite>;
let now: number;
let alarmAt: number | undefined;
let set: number;
const alarm = {
  get: async () => alarmAt,
  set: async (at: number) => {
    set += 1;
    alarmAt = at;
  },
  clear: async () => {
    alarmAt = undefined;
  },
};
const open = () => new Timers(db, alarm, () => now);

beforeEach(() => {
  db = sqlite();
  now = 1_000;
  alarmAt = undefined;
  set = 0;
});

it("rings at the earliest, and is not set for those behind it", async () => {
  const timers = open();
  await timers.of("a").set(9_000);
  await timers.of("b").set(10_000);
  expect([alarmAt, set]).toEqual([9_000, 1]);
  await timers.of("c").set(5_000.5);
  expect([alarmAt, set]).toEqual([5_001, 2]);
});

it("in a process that does not know when it rings, rings at the earliest of all", async () => {
  await open().of("a").set(5_000);
  alarmAt = undefined;
  await open().of("b").set(9_000);
  expect(alarmAt).toBe(5_000);
});

it("is set again where it should have rung and has not", async () => {
  const timers = open();
  await timers.of("a").set(2_000);
  alarmAt = undefined;
  now = 8_000;
  await timers.of("b").set(20_000);
  // Not at once: whatever is wrong would be hammered.
  expect(alarmAt).toBe(9_000);
});

it("says whose time has come, longest overdue first, until it is set anew or cleared", async () => {
  const timers = open();
  for (const [saga, due] of Object.entries({ a: 900, b: 800, c: 1_000, d: 1_001 })) timers.put(saga, due);
  expect(timers.due(10)).toEqual(["b", "a", "c"]);
  expect(timers.due(1)).toEqual(["b"]);
  await timers.of("b").clear();
  await timers.of("a").set(5_000);
  expect(open().due(10)).toEqual(["c"]);
  expect(await timers.of("a").get()).toBe(5_000);
  expect(await timers.of("b").get()).toBeUndefined();
});

it("is restored where it is lost and something is to come", async () => {
  expect(await open().restore()).toBe(false);
  expect(await open().restore(7_000)).toBe(true);
  expect(alarmAt).toBe(7_000);
  expect(await open().restore(7_000)).toBe(false);
  alarmAt = undefined;
  open().put("a", 3_000);
  expect(await open().restore(7_000)).toBe(true);
  expect(alarmAt).toBe(3_000);
});

it("is restored where it would ring late", async () => {
  open().put("a", 3_000);
  alarmAt = 63_000;
  expect(await open().restore()).toBe(false);
  alarmAt = 63_001;
  expect(await open().restore()).toBe(true);
  expect(alarmAt).toBe(3_000);
});

it("is tried again when it could not be set", async () => {
  const setAlarm = vi.fn<typeof alarm.set>(alarm.set);
  setAlarm.mockRejectedValueOnce(new Error("storage is away"));
  const timers = new Timers(db, { ...alarm, set: setAlarm }, () => now);
  await expect(timers.of("a").set(5_000)).rejects.toThrow("storage is away");
  await timers.of("b").set(9_000);
  expect(alarmAt).toBe(5_000);
});
