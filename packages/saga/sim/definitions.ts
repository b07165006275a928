import * as z from "zod";
import { saga, type SagaDefinition } from "../src/definition.ts";
import { things } from "../src/testing/definition.ts";
import { Chance } from "./chance.ts";

const { make, unmake } = things.operations;
const input = ({ sagaId }: { sagaId: string }) => ({ ref: sagaId });
const undo = { operation: unmake, input };
const Any = z.object({});

/** A builder without its types: what comes next is drawn. Rules that it breaks would throw. */
type Step = Record<string, (...args: unknown[]) => Step>;
type Place = "top" | "branch";

/** The version that sagas begin with, and one that they can be moved to: it has one more step at its end. */
export interface Versions {
  readonly first: SagaDefinition;
  readonly second: SagaDefinition;
}

const known = new Map<number, Versions>();
/** Enough to meet every combination of nodes, few enough to be kept. */
const KINDS = 512;

/** Definitions of all kinds of nodes, by their own seed. */
export function definitionFor(seed: number): Versions {
  const kind = seed % KINDS;
  const before = known.get(kind);
  if (before) return before;
  const made = { first: draw(kind, 1), second: draw(kind, 2) };
  known.set(kind, made);
  return made;
}

function draw(kind: number, version: number): SagaDefinition {
  const chance = new Chance(kind + 1);
  const names = new Names();
  let step = saga("drawn", { version, input: Any }) as unknown as Step;
  step = before(step, names, chance, chance.int(1, 3), "top", 2);
  if (chance.is(0.75)) {
    step = pivot(step, names, chance);
    step = after(step, names, chance, chance.int(0, 2), 1);
    if (version === 2) step = call(step, "retriable", ["added", make, { input }]);
  } else if (version === 2) step = call(step, "compensatable", ["added", make, { input, undo }]);
  return step as unknown as SagaDefinition;
}

class Names {
  #count = 0;
  next(): string {
    return `n${++this.#count}`;
  }
}

function call(step: Step, method: string, args: unknown[]): Step {
  const add = step[method];
  if (!add) throw new TypeError(`a builder has no ${method}`);
  return add(...args);
}

function before(step: Step, names: Names, chance: Chance, length: number, place: Place, depth: number): Step {
  let built = step;
  for (let n = 0; n < length; n++) built = nodeBefore(built, names, chance, place, depth);
  return built;
}

function nodeBefore(step: Step, names: Names, chance: Chance, place: Place, depth: number): Step {
  const compensatable = () => call(step, "compensatable", [names.next(), make, { input, undo }]);
  const inner = (branch: Step) => before(branch, names, chance, chance.int(1, 2), "branch", depth - 1);
  const kind = depth === 0 ? 0 : chance.random();
  if (kind < 0.45) return compensatable();
  if (kind < 0.62) return parallel(step, names, inner);
  if (kind < 0.72) return choice(step, names, inner);
  if (kind < 0.8) return map(step, names, chance, inner);
  if (kind < 0.88) return waitFor(step, names, chance, chance.one(["compensate", "continue"]));
  if (kind < 0.94) return delay(step, names, chance);
  const sub = before(
    saga("sub", { version: 1, input: Any }) as unknown as Step,
    names,
    chance,
    chance.int(1, 2),
    place,
    0,
  );
  return call(step, "subSaga", [names.next(), sub, { input: () => ({}) }]);
}

function pivot(step: Step, names: Names, chance: Chance): Step {
  const decide = (branch: Step) => call(branch, "pivot", [names.next(), make, { input }]);
  return chance.is(0.8) ? decide(step) : choice(step, names, decide);
}

function after(step: Step, names: Names, chance: Chance, length: number, depth: number): Step {
  let built = step;
  const inner = (branch: Step) => after(branch, names, chance, 1, depth - 1);
  for (let n = 0; n < length; n++) {
    const kind = depth === 0 ? 0 : chance.random();
    if (kind < 0.6) built = call(built, "retriable", [names.next(), make, { input }]);
    else if (kind < 0.75) built = parallel(built, names, inner);
    else if (kind < 0.85) built = map(built, names, chance, inner);
    else if (kind < 0.93) built = waitFor(built, names, chance, "continue");
    else built = delay(built, names, chance);
  }
  return built;
}

const parallel = (step: Step, names: Names, inner: (branch: Step) => Step): Step =>
  call(step, "parallel", [names.next(), { left: inner, right: inner }]);

const choice = (step: Step, names: Names, inner: (branch: Step) => Step): Step =>
  call(step, "choice", [
    names.next(),
    ({ sagaId }: { sagaId: string }) => (sagaId.length % 2 === 0 ? "one" : "other"),
    { one: inner, other: inner },
  ]);

function map(step: Step, names: Names, chance: Chance, inner: (branch: Step) => Step): Step {
  const items = Array.from({ length: chance.int(0, 3) }, (_, index) => index);
  return call(step, "map", [names.next(), () => items, { max: 3, concurrency: chance.int(1, 2) }, inner]);
}

/** Nobody may find a saga by the end of such a wait. */
const HOUR = 3_600_000;
const waitFor = (step: Step, names: Names, chance: Chance, onTimeout: string): Step =>
  call(step, "waitFor", [
    names.next(),
    { signal: Any, timeout: chance.one([3_000, 3_000, HOUR]), onTimeout },
  ]);

const delay = (step: Step, names: Names, chance: Chance): Step =>
  call(step, "delay", [names.next(), chance.one([10, 2_000, 7_000])]);
