import { beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import type { Doing } from "../src/builder.ts";
import { saga } from "../src/definition.ts";
import { fold } from "../src/fold.ts";
import { things } from "../src/testing/definition.ts";
import { SimTime } from "../src/testing/sim-time.ts";
import { Chance } from "./chance.ts";
import { CoordinatorProcess } from "./coordinator-process.ts";
import { Disk } from "./disk.ts";
import { flawsOf } from "./invariants.ts";
import { Network } from "./network.ts";
import { Participants } from "./participants.ts";

beforeEach(() => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

const { make, unmake } = things.operations;
const input = ({ sagaId }: Doing<unknown, unknown>) => ({ ref: sagaId });
const back = { input, undo: { operation: unmake, input } };
const limits = { max: 2, concurrency: 2 };
const definition = saga("branching", { version: 1, input: z.object({}) })
  .compensatable("first", make, back)
  .parallel("both", {
    left: (branch) => branch.compensatable("left", make, back),
    right: (branch) =>
      branch.map(
        "each",
        () => [1, 2],
        limits,
        (item) => item.compensatable("item", make, back),
      ),
  })
  .pivot("pay", make, { input })
  .retriable("mail", make, { input });
const versions = { first: definition, second: definition };

/** One saga whose process dies at these moments and is woken by nothing but its alarm and the sweep. */
async function run(crashAt: readonly number[], refused: string | undefined) {
  const chance = new Chance(1);
  const time = new SimTime(chance.random);
  const disk = new Disk(false);
  const participants = new Participants(() => disk.log.length, true);
  const network = new Network(time, chance, participants.receive);
  network.refuses = (step) => step === refused;
  const process = new CoordinatorProcess(time, chance, disk, network, versions);
  process.trouble.crashAt = crashAt;
  const ask = (at: number) =>
    time.at(at, () => {
      process.sweep();
      if (!process.row) process.start("saga-1");
      ask(at + 60_000);
    });
  process.start("saga-1");
  ask(time.now() + 60_000);
  const ended = await time.until(() => process.ended, time.now() + 600_000);
  await time.until(() => false, time.now() + 30_000);
  const { state } = fold(disk.log);
  return {
    state,
    moments: process.moments,
    flaws: [...(ended ? [] : ["it did not end"]), ...flawsOf(process, disk, participants)],
  };
}

describe.each([
  ["forward", undefined, ["COMPLETED"]],
  ["on its way back from the pivot", "pay", ["COMPENSATED"]],
  ["on its way back from a parallel branch", "item[1]", ["COMPENSATED"]],
] as const)("the coordinator dies, %s", (_, refused, states) => {
  it("before or after any commit or send, and before or after any second one", async () => {
    const { moments, flaws } = await run([], refused);
    expect(flaws).toEqual([]);
    expect(moments).toBeGreaterThan(30);
    const points = Array.from({ length: moments }, (_, n) => n + 1);
    for (const one of points) {
      // The second death is counted from the first, and finds the saga anywhere up to its end.
      const pairs = [[one], ...points.map((later) => [one, one + later])];
      for (const outcome of await Promise.all(pairs.map((crashAt) => run(crashAt, refused)))) {
        expect(outcome.flaws).toEqual([]);
        expect(states).toContain(outcome.state);
      }
    }
  }, 120_000);
});
