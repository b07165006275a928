import { beforeEach, expect, it, vi } from "vitest";
import type { Driver } from "../driver.ts";
import { Drivers } from "./drivers.ts";

let now: number;
let drivers: Drivers;
const made: { id: string; isIdle: boolean; retire: () => void }[] = [];

beforeEach(() => {
  now = 0;
  made.length = 0;
  const make = (id: string) => {
    const driver = { id, isIdle: true, retire: vi.fn<() => void>() };
    made.push(driver);
    return driver as unknown as Driver;
  };
  drivers = new Drivers(make, () => now);
});

it("keeps a saga at hand, and lets one go that nobody has asked for in ten seconds", () => {
  const a = drivers.of("a");
  now = 9_000;
  expect(drivers.of("a")).toBe(a);
  now = 18_000;
  drivers.of("b");
  expect(drivers.of("a")).toBe(a);
  now = 28_001;
  expect(drivers.of("a")).not.toBe(a);
  expect(made.map(({ id, retire }) => [id, vi.mocked(retire).mock.calls.length])).toEqual([
    ["a", 1],
    ["b", 1],
    ["a", 0],
  ]);
});

it("does not let go of one that is at work", () => {
  const a = drivers.of("a");
  if (made[0]) made[0].isIdle = false;
  for (now = 0; now < 100_000; now += 7_000) drivers.of("b");
  expect(drivers.of("a")).toBe(a);
  expect(made[0]?.retire).not.toHaveBeenCalled();
});
