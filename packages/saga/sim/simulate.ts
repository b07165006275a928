import type { Logged } from "../src/event.ts";
import { fold } from "../src/fold.ts";
import { SimTime } from "../src/testing/sim-time.ts";
import { Chance } from "./chance.ts";
import { CoordinatorProcess } from "./coordinator-process.ts";
import { definitionFor } from "./definitions.ts";
import { Disk } from "./disk.ts";
import { flawsOf, isQuiet } from "./invariants.ts";
import { Network } from "./network.ts";
import { Operator } from "./operator.ts";
import { Participants } from "./participants.ts";

/** A mechanism that is taken out, to see that the invariants notice. */
export type Mutant = "no-fence" | "intent-after-call" | "no-sweeper";

export interface Run {
  readonly seed: number;
  readonly state: string;
  /** What it violates of all that must hold of every run. */
  readonly flaws: readonly string[];
  readonly log: readonly object[];
}

/** Longest time with faults, ms. */
const FAULTY = 30_000;
/** After the last fault a saga has ended or is parked within this time, ms. */
const LIMIT = 120_000;
const MINUTE = 60_000;

/** One saga of a random definition under random faults, from its start to its end; the same for the same seed. */
export async function simulate(seed: number, mutant?: Mutant): Promise<Run> {
  const chance = new Chance(seed);
  const time = new SimTime(chance.random);
  const isShared = chance.is(0.5);
  const versions = definitionFor(chance.int(0, 1_000_000));
  const disk = new Disk(mutant === "intent-after-call");
  const participants = new Participants(() => disk.log.length, mutant !== "no-fence");
  const network = new Network(time, chance, participants.receive);
  const process = new CoordinatorProcess(time, chance, disk, network, versions, isShared);
  const operator = new Operator(time, chance, process, versions);
  const id = chance.is(0.5) ? "saga-1" : "saga-22";
  const began = time.now();
  const calm = began + chance.int(0, FAULTY);

  network.faults = chance.one([0, 0.1, 0.3, 0.6]);
  network.refusals = chance.one([0, 0, 0.05, 0.3]);
  Object.assign(process.trouble, {
    crash: chance.one([0, 0, 0.02, 0.1]),
    alarmLoss: chance.one([0, 0, 0.3, 1]),
    indexAway: chance.one([0, 0, 0.3]),
  });
  operator.work(chance.one([0, 0, 1, 3, 6]), calm);
  for (let n = chance.int(0, 2); n > 0; n--) time.at(chance.int(began, calm), () => process.kill());
  if (chance.is(0.2)) time.at(chance.int(began, calm), () => time.jump(chance.int(-5_000, 20_000)));
  if (chance.is(0.1)) {
    time.at(chance.int(began, calm), () => {
      process.trouble.undeployed = true;
    });
  }
  const tick = (at: number) =>
    time.at(at, () => {
      process.sweep();
      tick(at + MINUTE);
    });
  if (mutant !== "no-sweeper") tick(began + chance.int(1, MINUTE));

  process.start(id);
  await time.until(() => process.ended, calm);
  network.faults = network.refusals = 0;
  Object.assign(process.trouble, { crash: 0, alarmLoss: 0, indexAway: 0, undeployed: false });
  process.askAgain();
  // Whoever got no answer to a start asks again, too; a saga in an object of its own that the index does not know has made
  // one attempt at most, be it since its start or since it was signalled or given an order. Nobody else asks: what sleeps must be woken.
  if (!disk.head || (!isShared && (!process.row || wasJustStirred(disk.log)))) process.start(id);
  const late = Math.max(time.now(), calm) + LIMIT;
  const quiet = () => isQuiet(process);
  // What the definition itself waits for comes on top.
  const inTime = (await time.until(quiet, late)) || (await time.until(quiet, late + waitedIn(disk.log)));
  // What is still on its way arrives.
  await time.until(() => false, time.now() + MINUTE);
  const progress = fold(disk.log);
  return {
    seed,
    state: progress.state,
    flaws: [
      ...(inTime ? [] : [`neither ended nor parked ${LIMIT / 1_000} s after the last fault`]),
      ...flawsOf(process, disk, participants),
    ],
    log: disk.log,
  };
}

function wasJustStirred(log: readonly Logged[]): boolean {
  const stirred = log.findLastIndex(({ type }) => type === "signalled" || type === "ordered");
  return stirred >= 0 && log.slice(stirred).filter(({ type }) => type === "intent").length <= 1;
}

/** Time, ms, that pauses and waits for signals may have taken: a signal ends its wait. */
function waitedIn(log: readonly Logged[]): number {
  const consumed = new Map(
    log.flatMap((event) => (event.type === "consumed" ? [[event.step, event.at]] : [])),
  );
  return log.reduce(
    (sum, event) =>
      event.type === "waiting" ? sum + (consumed.get(event.step) ?? event.until) - event.at : sum,
    0,
  );
}
