import type { Logged } from "../src/event.ts";
import { fold, type Progress } from "../src/fold.ts";
import { isFinal } from "../src/interpreter.ts";
import { nodeAt } from "../src/key.ts";
import { current } from "../src/saga-record.ts";
import { snapshotOf } from "../src/snapshot.ts";
import type { CoordinatorProcess } from "./coordinator-process.ts";
import type { Disk } from "./disk.ts";
import type { Participants } from "./participants.ts";

/** Ended, with the index knowing, or parked for people. */
export function isQuiet(process: CoordinatorProcess): boolean {
  if (process.ended) return true;
  return [process.driver?.snapshot(), process.row].some(
    (known) => known !== undefined && (known.parked.length > 0 || known.missing !== undefined),
  );
}

/** What a run violates, when all has arrived. */
export function flawsOf(process: CoordinatorProcess, disk: Disk, participants: Participants): string[] {
  if (!disk.head) return ["the saga never began"];
  const progress = fold(disk.log);
  const { plan } = current(disk.head, progress);
  const orders = ordersIn(disk.log);
  // What people say they have undone, they have undone.
  for (const step of orders.undone) participants.arrive(step, "undo", 1, false);
  const { standing } = participants;
  const kindOf = (step: string) => nodeAt(plan, step)?.kind;
  const pivotStands = standing.some((step) => kindOf(step) === "pivot");
  const rules: [string, boolean][] = [
    ["COMPENSATED, but effects are there", progress.state === "COMPENSATED" && standing.length > 0],
    ["went back though the pivot took effect", isBack(progress) && pivotStands],
    [
      "COMPLETED, but steps are missing",
      progress.state === "COMPLETED" && isMissing(progress, participants, orders),
    ],
    [
      "an undo was called given up, and it was not",
      progress.state === "PARTIALLY_COMPENSATED" && !hasGivenUp(progress),
    ],
    ["an effect came after the end", hasLateEffect(disk.log, progress, participants, orders)],
    ["an outcome was applied that nobody waited for", hasForeignOutcome(disk.log)],
    ["it went on though the index did not know it", process.unlisted],
    ["something happened after the end", hasLateEvent(disk.log)],
    ["the log says something else than the process", !isReplayed(process, disk, progress)],
  ];
  return [...new Set(participants.flaws), ...rules.filter(([, broken]) => broken).map(([rule]) => rule)];
}

interface Orders {
  readonly skipped: ReadonlySet<string>;
  readonly undone: ReadonlySet<string>;
  readonly completed: boolean;
}

/** The orders after which the saga's own promises do not hold everywhere. */
function ordersIn(log: readonly Logged[]): Orders {
  const orders = log.flatMap((event) => (event.type === "ordered" ? [event.order] : []));
  return {
    skipped: new Set(orders.flatMap((order) => (order.verb === "skip" ? [order.step] : []))),
    undone: new Set(orders.flatMap((order) => (order.verb === "compensated" ? [order.step] : []))),
    completed: orders.some(({ verb }) => verb === "complete"),
  };
}

function isBack({ state }: Progress): boolean {
  return state === "COMPENSATING" || state === "COMPENSATED" || state === "PARTIALLY_COMPENSATED";
}

function isMissing(progress: Progress, participants: Participants, { skipped }: Orders): boolean {
  return Object.entries(progress.steps).some(
    ([step, { do: tries }]) =>
      tries?.done === true && tries.attempts > 0 && !skipped.has(step) && participants.net(step) !== 1,
  );
}

function hasGivenUp(progress: Progress): boolean {
  return Object.values(progress.steps).some(({ undo }) => undo?.parked === true && !undo.done);
}

/** What operators leave out or stop may still take effect; everything else may not. */
function hasLateEffect(
  log: readonly Logged[],
  { state }: Progress,
  { effects }: Participants,
  { skipped, undone, completed }: Orders,
): boolean {
  if (state !== "COMPLETED" && state !== "COMPENSATED") return false;
  if (completed) return false;
  const end = log.findLastIndex(({ type }) => type === "ended");
  return effects.some(({ length, step }) => length > end + 1 && !skipped.has(step) && !undone.has(step));
}

/** Reads the log again: each outcome must be that of the newest attempt, which had none yet. */
function hasForeignOutcome(log: readonly Logged[]): boolean {
  const open = new Map<string, number>();
  for (const event of log) {
    if (event.type === "intent") open.set(`${event.phase} ${event.step}`, event.attempt);
    if ((event.type !== "done" && event.type !== "failed") || event.attempt === 0) continue;
    if (open.get(`${event.phase} ${event.step}`) !== event.attempt) return true;
    open.delete(`${event.phase} ${event.step}`);
  }
  return false;
}

function hasLateEvent(log: readonly Logged[]): boolean {
  let over = false;
  for (const { type } of log) {
    // People take up again what was given up.
    if (type === "ordered") over = false;
    if (over && type !== "discarded") return true;
    if (type === "ended") over = true;
  }
  return false;
}

function isReplayed(process: CoordinatorProcess, disk: Disk, progress: Progress): boolean {
  const told = process.driver?.snapshot();
  if (!told || !disk.head) return true;
  if (isFinal(told.state) !== isFinal(progress.state)) return false;
  const replayed = snapshotOf(disk.head, progress, told.updatedAt, told.dueAt, told.missing);
  return JSON.stringify(replayed) === JSON.stringify(told);
}
