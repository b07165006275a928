import { beforeEach, expect, it, vi } from "vitest";
import { fold } from "../src/fold.ts";
import { SimTime } from "../src/testing/sim-time.ts";
import { openBank, transfer } from "./bank.ts";
import { Chance } from "./chance.ts";
import { CoordinatorProcess } from "./coordinator-process.ts";
import { Disk } from "./disk.ts";
import { type Arrive, Network } from "./network.ts";

beforeEach(() => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

const MINUTE = 60_000;
const sum = (balances: Record<string, number>) => Object.values(balances).reduce((a, b) => a + b, 0);

/** Transfers between two banks with real databases and fences, on one clock, until all have ended. */
async function move(seed: number, transfers: number, faulty: boolean) {
  const chance = new Chance(seed);
  const time = new SimTime(chance.random);
  const banks = {
    north: await openBank("north", { n1: 500, n2: 300 }),
    south: await openBank("south", { s1: 0, s2: 50 }),
  };
  const arrive: Arrive = ({ saga, operation, input }) => {
    const { client } = operation.service === "north" ? banks.north : banks.south;
    const name = operation.id.split(".")[1] as "deposit";
    return client[name](input as never, { saga });
  };
  const network = new Network(time, chance, arrive);
  network.faults = faulty ? 0.4 : 0;
  const running = Array.from({ length: transfers }, (_, n) => {
    const disk = new Disk(false);
    const process = new CoordinatorProcess(time, chance, disk, network, {
      first: transfer,
      second: transfer,
    });
    if (faulty) Object.assign(process.trouble, { crash: 0.05, alarmLoss: 0.2 });
    const input = {
      from: chance.one(["n1", "n2"]),
      to: chance.one(["s1", "s2", "closed"]),
      amount: chance.int(1, 60),
    };
    const start = () => process.start(`transfer-${n}`, input);
    const tick = (at: number) =>
      time.at(at, () => {
        if (process.row) process.sweep();
        else start();
        tick(at + MINUTE);
      });
    start();
    tick(time.now() + MINUTE);
    return { disk, process, input };
  });
  await time.until(() => running.every(({ process }) => process.ended), time.now() + MINUTE);
  network.faults = 0;
  for (const { process } of running) Object.assign(process.trouble, { crash: 0, alarmLoss: 0 });
  const ended = await time.until(
    () => running.every(({ process }) => process.ended),
    time.now() + 10 * MINUTE,
  );
  await time.until(() => false, time.now() + MINUTE);
  const arrived = running.filter(({ disk }) => fold(disk.log).state === "COMPLETED");
  return {
    ended,
    states: running.map(({ disk }) => fold(disk.log).state),
    moved: arrived.reduce((total, { input }) => total + input.amount, 0),
    north: await banks.north.balances(),
    south: await banks.south.balances(),
  };
}

it("money moves from one bank to the other, or stays where it is", async () => {
  const { ended, states, moved, north, south } = await move(1, 20, false);
  expect(ended).toBe(true);
  expect(new Set(states)).toEqual(new Set(["COMPLETED", "COMPENSATED"]));
  expect(sum(south)).toBe(50 + moved);
  expect(sum(north)).toBe(800 - moved);
});

it("no cent is made or lost when answers are lost, requests come twice or late, and coordinators die", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const { ended, states, moved, north, south } = await move(seed, 20, true);
    expect(ended).toBe(true);
    expect(states.every((state) => state === "COMPLETED" || state === "COMPENSATED")).toBe(true);
    expect([seed, sum(south), sum(north)]).toEqual([seed, 50 + moved, 800 - moved]);
  }
}, 60_000);
