import { drizzle } from "drizzle-orm/d1";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { expireReservations } from "./expiry.ts";
import * as schema from "./schema.ts";
import { RESERVATION_SECONDS, type Inventory, startInventory } from "../test/inventory-service.ts";

const START = Date.UTC(2026, 0, 1);
const DUE = START + RESERVATION_SECONDS * 1_000;
let bench: Inventory;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
  bench = await startInventory({ cup: 100, pan: 100 });
});
afterEach(() => void vi.useRealTimers());

const expireAt = (now: number, round?: number) =>
  expireReservations(drizzle(bench.DB, { schema }), now, round);
const sumsOf = async () => (await bench.accounts()).map(({ available, held }) => [available, held]);

async function reserveMany(count: number) {
  for (let order = 0; order < count; order++) {
    await bench.reserve(`o${order}`, [
      { productId: "cup", quantity: 1 },
      { productId: "pan", quantity: 2 },
    ]);
  }
}

it("gives units back when their time is up, not before", async () => {
  await reserveMany(1);
  expect(await expireAt(DUE - 1)).toBe(0);
  expect(await sumsOf()).toEqual([
    [99, 1],
    [98, 2],
  ]);
  expect(await expireAt(DUE)).toBe(1);
  expect(await expireAt(DUE)).toBe(0);
  expect(await sumsOf()).toEqual([
    [100, 0],
    [100, 0],
  ]);
  expect(await bench.statusOf("o0")).toBe("expired");
});

it("leaves committed and released reservations alone", async () => {
  await reserveMany(3);
  await bench.commit("o0");
  await bench.release("o1");
  expect(await expireAt(DUE)).toBe(1);
  expect(await Promise.all(["o0", "o1", "o2"].map((id) => bench.statusOf(id)))).toEqual([
    "committed",
    "released",
    "expired",
  ]);
  expect(await sumsOf()).toEqual([
    [99, 0],
    [98, 0],
  ]);
});

it("goes through all that is due in rounds", async () => {
  await reserveMany(7);
  expect(await expireAt(DUE, 3)).toBe(7);
  expect(await sumsOf()).toEqual([
    [100, 0],
    [100, 0],
  ]);
});

it("stops after 20 rounds and goes on in the next run", async () => {
  await reserveMany(25);
  expect(await expireAt(DUE, 1)).toBe(20);
  expect(await sumsOf()).toEqual([
    [95, 5],
    [90, 10],
  ]);
  expect(await expireAt(DUE, 1)).toBe(5);
});

it("gives every unit back once when several runs meet", async () => {
  await reserveMany(10);
  const expired = await Promise.all([expireAt(DUE, 2), expireAt(DUE, 3), expireAt(DUE)]);
  expect(expired.reduce((a, b) => a + b)).toBe(10);
  expect(await sumsOf()).toEqual([
    [100, 0],
    [100, 0],
  ]);
});
