import { isMeshError } from "@weft/mesh";
import { describe, expect, it } from "vitest";
import type { Logged, SagaEvent } from "./event.ts";
import { apply, BEGINNING, fold, type Progress } from "./fold.ts";
import { next } from "./interpreter.ts";
import { failed } from "./outcome.ts";
import { backoff, type PlanStep } from "./plan.ts";
import { things, trip } from "./testing/definition.ts";
import { type Behaviour, type Script, World } from "./testing/world.ts";

const { plan } = trip;
const names = plan.steps.map((step) => step.name);
const before = ["flight", "hotel", "car"];

class Crash extends Error {}
interface CrashPoint {
  /** Dies at the append number `at` of this run, from 1. */
  readonly at: number;
  readonly when: "before" | "after";
}

interface Run {
  readonly world: World;
  readonly log: Logged[];
  readonly progress: Progress;
  readonly ended: boolean;
}

/** Plays a coordinator: asks, acts, writes down; dies at the crash points one after the other and is started again. */
function play(script: Script, crashes: readonly CrashPoint[] = [], decisions = 400): Run {
  const world = new World(script);
  const log: Logged[] = [{ type: "started", at: 0 }];
  let now = 0;
  let ended = false;
  const live = (crash: CrashPoint | undefined): void => {
    let progress = fold(log);
    let appends = 0;
    const append = (event: SagaEvent): void => {
      appends += 1;
      const dies = crash?.at === appends ? crash.when : undefined;
      if (dies === "before") throw new Crash();
      log.push({ ...event, at: now });
      progress = apply(progress, { ...event, at: now });
      if (dies === "after") throw new Crash();
    };
    for (let n = 0; n < decisions && !ended; n++) {
      const decision = next(plan, progress, now);
      now += 1;
      if (decision.type === "ended") ended = true;
      else if (decision.type === "wait") now = decision.until;
      else if (decision.type === "record") append(decision.event);
      else {
        const { step, phase, attempt } = decision;
        append({ type: "intent", step: step.name, phase, attempt });
        append(attemptIn(world, step, phase, attempt, now));
      }
    }
  };
  for (const crash of [...crashes, undefined]) {
    try {
      live(crash);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
  }
  return { world, log, progress: fold(log), ended };
}

function attemptIn(world: World, step: PlanStep, phase: "do" | "undo", attempt: number, now: number): SagaEvent {
  try {
    return { type: "done", step: step.name, phase, result: world.handle(step, phase, attempt) };
  } catch (error) {
    if (!isMeshError(error)) throw error;
    const outcome = failed(things.operations.make, error);
    if (outcome.type !== "failed") throw error;
    const retry = (phase === "do" ? step.do : (step.undo ?? step.do)).retry;
    return { type: "failed", step: step.name, phase, kind: outcome.kind, failure: outcome.failure, retryAt: now + backoff(retry, attempt, 0.9) };
  }
}

/** What must hold of every run, however it went. */
function expectSound({ world, log, progress, ended }: Run): void {
  const of = <T extends SagaEvent["type"]>(type: T) => log.filter((event): event is Extract<Logged, { type: T }> => event.type === type);
  // The effect of a step, and its undo, happen at most once.
  expect(new Set(world.effects).size).toBe(world.effects.length);
  // Only what was tried is taken back, and the last step first.
  const undos = [...new Set(of("intent").filter((event) => event.phase === "undo").map((event) => event.step))];
  const tried = of("intent").filter((event) => event.phase === "do").map((event) => event.step);
  for (const step of undos) expect(tried).toContain(step);
  expect(undos).toEqual(names.toReversed().filter((step) => undos.includes(step)));
  // The pivot is never compensated: neither when done nor while it may be.
  expect(undos.filter((step) => !before.includes(step))).toEqual([]);
  if (of("compensating").length > 0) expect(world.standing).not.toContain("pay");
  // An undo and a step forward never mix.
  const turn = log.findIndex((event) => event.type === "compensating");
  if (turn >= 0) expect(log.slice(turn).some((event) => event.type === "intent" && event.phase === "do")).toBe(false);
  // The end is honest.
  if (!ended) return;
  if (progress.state === "COMPLETED") expect(world.standing).toEqual(names);
  else if (progress.state === "COMPENSATED") expect(world.standing).toEqual([]);
  else {
    expect(progress.state).toBe("PARTIALLY_COMPENSATED");
    expect(of("parked").filter((event) => event.phase === "undo").length).toBeGreaterThan(0);
    const givenUp = of("parked").map((event) => event.step);
    for (const step of world.standing) expect(givenUp).toContain(step);
  }
}

const always = (step: string, behaviour: Behaviour): Script => (name, phase) => (name === step && phase === "do" ? behaviour : "ok");
const once = (step: string, behaviour: Behaviour): Script => (name, phase, attempt) =>
  name === step && phase === "do" && attempt === 1 ? behaviour : "ok";
const both = (a: Script, b: Script): Script => (...args) => (a(...args) === "ok" ? b(...args) : a(...args));
const undoFails = (step: string, behaviour: Behaviour, times: number): Script => (name, phase, attempt) =>
  name === step && phase === "undo" && attempt <= times ? behaviour : "ok";
const behaviours: Behaviour[] = ["business", "refused", "transient", "lost", "dead"];
const afterwards = (step: string): boolean => names.indexOf(step) >= names.indexOf("pay");

describe("every step failing in every way", () => {
  it("completes when nothing fails, each step in turn and once", () => {
    const run = play(() => "ok");
    expectSound(run);
    expect(run.progress.state).toBe("COMPLETED");
    expect(run.world.attempts).toEqual(names.map((name) => `do ${name} 1`));
  });

  it.each(names.flatMap((step) => behaviours.map((behaviour) => [step, behaviour] as const)))("%s: %s once", (step, behaviour) => {
    const run = play(once(step, behaviour));
    expectSound(run);
    expect(run.ended).toBe(true);
    const goesBack = (behaviour === "business" || behaviour === "refused") && (!afterwards(step) || step === "pay");
    expect(run.progress.state).toBe(goesBack ? "COMPENSATED" : "COMPLETED");
  });

  it.each(names.flatMap((step) => behaviours.map((behaviour) => [step, behaviour] as const)))("%s: %s for ever", (step, behaviour) => {
    const run = play(always(step, behaviour));
    expectSound(run);
    const definite = behaviour === "business" || behaviour === "refused" || behaviour === "transient";
    if (!afterwards(step) || (step === "pay" && definite)) {
      expect(run.progress.state).toBe("COMPENSATED");
      expect(run.progress.failure?.step).toBe(step);
    } else {
      // Neither forward nor back is allowed: it is parked, and tried on and on.
      expect(run.ended).toBe(false);
      expect(run.progress.state).toBe("RUNNING");
      expect(run.progress.steps[step]?.do?.parked).toBe(true);
      expect(run.progress.steps[step]?.do?.attempts).toBeGreaterThan(50);
    }
  });

  it.each(names)("%s: no answer for long, then well again", (step) => {
    const run = play((name, phase, attempt) => (name === step && phase === "do" && attempt < 30 ? "lost" : "ok"));
    expectSound(run);
    expect(run.progress.state).toBe(afterwards(step) ? "COMPLETED" : "COMPENSATED");
  });
});

describe("going back", () => {
  it("takes back last things first, and leaves a step that was refused alone", () => {
    const run = play(always("car", "business"));
    expect(run.world.attempts.slice(-3)).toEqual(["do car 1", "undo hotel 1", "undo flight 1"]);
    expect(run.progress.failure).toEqual({ step: "car", code: "NO_WAY", status: 409 });
  });

  it("takes back a step too whose outcome was unknown before it was refused", () => {
    const run = play((step, phase, attempt) => (step === "car" && phase === "do" ? (attempt === 1 ? "dead" : "business") : "ok"));
    expect(run.world.attempts.slice(-3)).toEqual(["undo car 1", "undo hotel 1", "undo flight 1"]);
    expectSound(run);
  });

  it("does not touch a step that was never begun", () => {
    const run = play(always("hotel", "transient"));
    expect(run.world.attempts.filter((attempt) => attempt.startsWith("undo"))).toEqual(["undo flight 1"]);
  });

  it.each(before.flatMap((step) => behaviours.map((behaviour) => [step, behaviour] as const)))("undo of %s: %s twice", (step, behaviour) => {
    const run = play(both(always("pay", "business"), undoFails(step, behaviour, 2)));
    expectSound(run);
    expect(run.progress.state).toBe("COMPENSATED");
    // The others were not held up.
    expect(run.world.effects.filter((effect) => effect.startsWith("undo"))).toHaveLength(3);
    expect(run.world.attempts.findIndex((attempt) => attempt === "undo flight 1")).toBeLessThan(
      run.world.attempts.findIndex((attempt) => attempt === `undo ${step} 2`),
    );
  });

  it.each(before.flatMap((step) => behaviours.map((behaviour) => [step, behaviour] as const)))("undo of %s: %s for ever", (step, behaviour) => {
    const run = play(both(always("pay", "business"), undoFails(step, behaviour, 10_000)));
    expectSound(run);
    // Also when it was taken back in truth and only the answer is lost: nobody knows.
    expect(run.progress.state).toBe("PARTIALLY_COMPENSATED");
    expect(run.world.standing).toEqual(behaviour === "lost" ? [] : [step]);
  });
});

describe("the point of no return", () => {
  it("is not given up for a refusal that comes before the fence, while it may have taken effect", () => {
    const run = play((step, phase, attempt) => (step === "pay" && phase === "do" ? (attempt === 1 ? "lost" : attempt < 5 ? "refused" : "ok") : "ok"));
    expectSound(run);
    expect(run.progress.state).toBe("COMPLETED");
  });
  it("is given up for the participant's own answer, also after a silence", () => {
    const run = play((step, phase, attempt) => (step === "pay" && phase === "do" ? (attempt === 1 ? "dead" : "business") : "ok"));
    expectSound(run);
    expect(run.progress.state).toBe("COMPENSATED");
  });
});

describe("the coordinator dies", () => {
  const scripts: [string, Script, Progress["state"][]][] = [
    ["all is well", () => "ok", ["COMPLETED"]],
    ["a step is refused", always("car", "business"), ["COMPENSATED"]],
    ["an answer is lost", once("hotel", "lost"), ["COMPLETED"]],
    ["the pivot's answer is lost", once("pay", "lost"), ["COMPLETED"]],
    ["the pivot is refused", always("pay", "business"), ["COMPENSATED"]],
    ["a step is dead and an undo fails at first", both(always("car", "dead"), undoFails("hotel", "dead", 2)), ["COMPENSATED"]],
    ["a step is refused from its second attempt on", (step, phase, attempt) => (step === "car" && phase === "do" && attempt > 1 ? "refused" : "ok"), ["COMPLETED", "COMPENSATED"]],
    ["the pivot is refused for a while", (step, _, attempt) => (step === "pay" && attempt > 1 && attempt < 6 ? "refused" : "ok"), ["COMPLETED"]],
    ["an undo fails for ever", both(always("car", "dead"), undoFails("hotel", "dead", 10_000)), ["PARTIALLY_COMPENSATED"]],
    ["a late step is slow to succeed", (step, _, attempt) => (step === "tickets" && attempt < 4 ? "dead" : "ok"), ["COMPLETED"]],
  ];
  const points = (length: number): CrashPoint[] =>
    Array.from({ length }, (_, n) => n + 1).flatMap((at) => [{ at, when: "before" } as const, { at, when: "after" } as const]);

  it.each(scripts)("once, at every place: %s", (_, script, states) => {
    const length = play(script).log.length;
    for (const crash of points(length)) {
      const run = play(script, [crash]);
      expectSound(run);
      expect(run.ended).toBe(true);
      expect(states).toContain(run.progress.state);
    }
  });

  it.each(scripts)("twice, at every pair of places: %s", (_, script, states) => {
    const length = Math.min(play(script).log.length, 22);
    for (const first of points(length)) {
      for (const second of points(length - first.at)) {
        const run = play(script, [first, second]);
        expectSound(run);
        expect(states).toContain(run.progress.state);
      }
    }
  });

  it("and a step is begun at most four times, then it is undone", () => {
    // Each time right after it took effect.
    const crashes: CrashPoint[] = Array.from({ length: 4 }, () => ({ at: 2, when: "before" }));
    const run = play(() => "ok", crashes);
    expectSound(run);
    expect(run.progress.state).toBe("COMPENSATED");
    expect(run.progress.failure?.code).toBe("UNAVAILABLE");
  });
});

it("an only attempt that was interrupted is undone too", () => {
  const [flight, ...rest] = plan.steps as [PlanStep, ...PlanStep[]];
  const onlyOnce = { ...plan, steps: [{ ...flight, do: { ...flight.do, retry: { ...flight.do.retry, attempts: 1 } } }, ...rest] };
  const interrupted = fold([{ type: "intent", step: "flight", phase: "do", attempt: 1, at: 0 }]);
  const decision = next(onlyOnce, interrupted, 1);
  expect(decision).toMatchObject({ type: "record", event: { type: "compensating", step: "flight", failure: { code: "UNAVAILABLE" } } });
  if (decision.type !== "record") throw new Error("unreachable");
  expect(next(onlyOnce, apply(interrupted, { ...decision.event, at: 1 }), 1)).toMatchObject({ type: "attempt", phase: "undo", step: { name: "flight" } });
});

describe("time", () => {
  it("does not begin an attempt after the step's budget, nor lets one last longer", () => {
    const timeouts: number[] = [];
    let progress = BEGINNING;
    let now = 0;
    for (;;) {
      const decision = next(plan, progress, now);
      if (decision.type === "record") break;
      if (decision.type === "wait") now = decision.until;
      if (decision.type !== "attempt") continue;
      timeouts.push(decision.timeout);
      progress = apply(progress, { type: "intent", step: "flight", phase: "do", attempt: decision.attempt, at: now });
      now += 3_000;
      const failure = { code: "DEADLINE_EXCEEDED", status: 504 };
      progress = apply(progress, { type: "failed", step: "flight", phase: "do", kind: "unknown", failure, retryAt: now + 900, at: now });
    }
    // 0, 3.9 and 7.8 s; the budget is 8 s.
    expect(timeouts).toEqual([1_000, 1_000, 200]);
  });
});
