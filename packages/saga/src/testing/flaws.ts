import type { Logged, SagaEvent } from "../event.ts";
import { apply, BEGINNING } from "../fold.ts";
import { isSettled } from "../interpreter.ts";
import { trip } from "./definition.ts";
import type { Run } from "./play.ts";

const names = trip.plan.steps.map((step) => step.name);
const compensatable = trip.plan.steps
  .filter((step) => step.kind === "compensatable")
  .map((step) => step.name);

/** What a run violates of all that must hold of every run, however it went. */
export function flaws(run: Run): string[] {
  const { world, log } = run;
  const intents = of(log, "intent");
  const undos = [...new Set(intents.filter(({ phase }) => phase === "undo").map(({ step }) => step))];
  const tried = new Set(intents.filter(({ phase }) => phase === "do").map(({ step }) => step));
  const turn = log.findIndex(({ type }) => type === "compensating");
  const rules: [string, boolean][] = [
    ["a step or its undo took effect twice", new Set(world.effects).size < world.effects.length],
    ["a step was undone that was never tried", undos.some((step) => !tried.has(step))],
    ["a step was undone that cannot be", undos.some((step) => !compensatable.includes(step))],
    ["undos were not begun in reverse order", !equal(undos, inReverse(undos))],
    ["the saga went back though the pivot took effect", turn >= 0 && world.standing.includes("pay")],
    [
      "the saga went forward again",
      turn >= 0 && of(log.slice(turn), "intent").some(({ phase }) => phase === "do"),
    ],
    ["a settled saga became unsettled", !isForGood(log)],
    ["the end is not honest", run.ended && !isHonest(run)],
  ];
  return rules.filter(([, broken]) => broken).map(([rule]) => rule);
}

function isHonest({ world, log, progress }: Run): boolean {
  const givenUp = new Set(
    of(log, "parked")
      .filter(({ phase }) => phase === "undo")
      .map(({ step }) => step),
  );
  if (progress.state === "COMPLETED") return equal(world.standing, names);
  if (progress.state === "COMPENSATED") return world.standing.length === 0 && givenUp.size === 0;
  return (
    progress.state === "PARTIALLY_COMPENSATED" &&
    givenUp.size > 0 &&
    world.standing.every((step) => givenUp.has(step))
  );
}

/** Whoever was told that the saga is settled may look again. */
function isForGood(log: readonly Logged[]): boolean {
  let progress = BEGINNING;
  let settled = false;
  for (const event of log) {
    progress = apply(progress, event);
    const now = isSettled(trip.plan, progress);
    if (settled && !now) return false;
    settled = now;
  }
  return true;
}

function of<T extends SagaEvent["type"]>(log: readonly Logged[], type: T): Extract<Logged, { type: T }>[] {
  return log.filter((event): event is Extract<Logged, { type: T }> => event.type === type);
}

function inReverse(steps: readonly string[]): string[] {
  return names.toReversed().filter((step) => steps.includes(step));
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
