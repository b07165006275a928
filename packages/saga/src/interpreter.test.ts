import { describe, expect, it } from "vitest";
import { apply, BEGINNING, fold, type Progress, triesOf } from "./fold.ts";
import { next } from "./interpreter.ts";
import { callsOf } from "./nodes.ts";
import type { PlanStep } from "./plan.ts";
import { trip } from "./testing/definition.ts";
import { flaws } from "./testing/flaws.ts";
import { type CrashPoint, play } from "./testing/play.ts";
import type { Behaviour, Script } from "./testing/world.ts";

const { plan } = trip;
const names = callsOf(plan).map((step) => step.name);
const before = ["flight", "hotel", "car"];

const always =
  (step: string, behaviour: Behaviour): Script =>
  (name, phase) =>
    name === step && phase === "do" ? behaviour : "ok";
const once =
  (step: string, behaviour: Behaviour): Script =>
  (name, phase, attempt) =>
    name === step && phase === "do" && attempt === 1 ? behaviour : "ok";
const both =
  (a: Script, b: Script): Script =>
  (...args) =>
    a(...args) === "ok" ? b(...args) : a(...args);
const undoFails =
  (step: string, behaviour: Behaviour, times: number): Script =>
  (name, phase, attempt) =>
    name === step && phase === "undo" && attempt <= times ? behaviour : "ok";
const behaviours: Behaviour[] = ["business", "refused", "transient", "lost", "dead", "late"];
const afterwards = (step: string): boolean => names.indexOf(step) >= names.indexOf("pay");

describe("every step failing in every way", () => {
  it("completes when nothing fails, each step in turn and once", () => {
    const run = play(() => "ok");
    expect(flaws(run)).toEqual([]);
    expect(run.progress.state).toBe("COMPLETED");
    expect(run.world.attempts).toEqual(names.map((name) => `do ${name} 1`));
  });

  it.each(names.flatMap((step) => behaviours.map((behaviour) => [step, behaviour] as const)))(
    "%s: %s once",
    (step, behaviour) => {
      const run = play(once(step, behaviour));
      expect(flaws(run)).toEqual([]);
      expect(run.ended).toBe(true);
      const goesBack =
        (behaviour === "business" || behaviour === "refused") && (!afterwards(step) || step === "pay");
      expect(run.progress.state).toBe(goesBack ? "COMPENSATED" : "COMPLETED");
    },
  );

  it.each(names.flatMap((step) => behaviours.map((behaviour) => [step, behaviour] as const)))(
    "%s: %s for ever",
    (step, behaviour) => {
      const run = play(always(step, behaviour));
      expect(flaws(run)).toEqual([]);
      const definite = !["lost", "dead", "late"].includes(behaviour);
      const goesBack = !afterwards(step) || (step === "pay" && definite);
      expect(run.progress.state).toBe(goesBack ? "COMPENSATED" : "RUNNING");
      expect(run.progress.failure?.step).toBe(goesBack ? step : undefined);
      // Where neither forward nor back is allowed, it is parked, and tried on and on.
      const { parked, attempts } = triesOf(run.progress, step, "do");
      expect(parked).toBe(!goesBack);
      expect(attempts > 50).toBe(!goesBack);
    },
  );

  it.each(names)("%s: no answer for long, then well again", (step) => {
    const run = play((name, phase, attempt) =>
      name === step && phase === "do" && attempt < 30 ? "lost" : "ok",
    );
    expect(flaws(run)).toEqual([]);
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
    const run = play((step, phase, attempt) =>
      step === "car" && phase === "do" ? (attempt === 1 ? "dead" : "business") : "ok",
    );
    expect(run.world.attempts.slice(-3)).toEqual(["undo car 1", "undo hotel 1", "undo flight 1"]);
    expect(flaws(run)).toEqual([]);
  });

  it("does not touch a step that was never begun", () => {
    const run = play(always("hotel", "transient"));
    expect(run.world.attempts.filter((attempt) => attempt.startsWith("undo"))).toEqual(["undo flight 1"]);
  });

  it.each(before.flatMap((step) => behaviours.map((behaviour) => [step, behaviour] as const)))(
    "undo of %s: %s twice",
    (step, behaviour) => {
      const run = play(both(always("pay", "business"), undoFails(step, behaviour, 2)));
      expect(flaws(run)).toEqual([]);
      expect(run.progress.state).toBe("COMPENSATED");
      // The others were not held up.
      expect(run.world.effects.filter((effect) => effect.startsWith("undo"))).toHaveLength(3);
      expect(run.world.attempts.findIndex((attempt) => attempt === "undo flight 1")).toBeLessThan(
        run.world.attempts.findIndex((attempt) => attempt === `undo ${step} 2`),
      );
    },
  );

  it.each(before.flatMap((step) => behaviours.map((behaviour) => [step, behaviour] as const)))(
    "undo of %s: %s for ever",
    (step, behaviour) => {
      const run = play(both(always("pay", "business"), undoFails(step, behaviour, 10_000)));
      expect(flaws(run)).toEqual([]);
      // Also when it was taken back in truth and only the answer is lost: nobody knows.
      expect(run.progress.state).toBe("PARTIALLY_COMPENSATED");
      expect(run.world.standing).toEqual(behaviour === "lost" ? [] : [step]);
    },
  );
});

describe("the point of no return", () => {
  it("is not given up for a refusal that comes before the fence, while it may have taken effect", () => {
    const run = play((step, phase, attempt) =>
      step === "pay" && phase === "do" ? (attempt === 1 ? "lost" : attempt < 5 ? "refused" : "ok") : "ok",
    );
    expect(flaws(run)).toEqual([]);
    expect(run.progress.state).toBe("COMPLETED");
  });
  it("is given up for the participant's own answer, also after a silence", () => {
    const run = play((step, phase, attempt) =>
      step === "pay" && phase === "do" ? (attempt === 1 ? "dead" : "business") : "ok",
    );
    expect(flaws(run)).toEqual([]);
    expect(run.progress.state).toBe("COMPENSATED");
  });
});

describe("an attempt that arrives late", () => {
  it.each(names.flatMap((step) => behaviours.map((behaviour) => [step, behaviour] as const)))(
    "%s: after one that is %s",
    (step, behaviour) => {
      const run = play((name, phase, attempt) =>
        name === step && phase === "do" ? (attempt === 1 ? "late" : attempt === 2 ? behaviour : "ok") : "ok",
      );
      expect(flaws(run)).toEqual([]);
      expect(run.ended).toBe(true);
    },
  );
});

describe("the coordinator dies", () => {
  const scripts: [string, Script, Progress["state"][]][] = [
    ["all is well", () => "ok", ["COMPLETED"]],
    ["a step is refused", always("car", "business"), ["COMPENSATED"]],
    ["an answer is lost", once("hotel", "lost"), ["COMPLETED"]],
    ["the pivot's answer is lost", once("pay", "lost"), ["COMPLETED"]],
    ["the pivot is refused", always("pay", "business"), ["COMPENSATED"]],
    [
      "a step is dead and an undo fails at first",
      both(always("car", "dead"), undoFails("hotel", "dead", 2)),
      ["COMPENSATED"],
    ],
    [
      "a step is refused from its second attempt on",
      (step, phase, attempt) => (step === "car" && phase === "do" && attempt > 1 ? "refused" : "ok"),
      ["COMPLETED", "COMPENSATED"],
    ],
    [
      "the pivot is refused for a while",
      (step, _, attempt) => (step === "pay" && attempt > 1 && attempt < 6 ? "refused" : "ok"),
      ["COMPLETED"],
    ],
    [
      "an undo fails for ever",
      both(always("car", "dead"), undoFails("hotel", "dead", 10_000)),
      ["PARTIALLY_COMPENSATED"],
    ],
    [
      "a late step is slow to succeed",
      (step, _, attempt) => (step === "tickets" && attempt < 4 ? "dead" : "ok"),
      ["COMPLETED"],
    ],
  ];
  const points = (length: number): CrashPoint[] =>
    Array.from({ length }, (_, n) => n + 1).flatMap((at) => [
      { at, when: "before" } as const,
      { at, when: "after" } as const,
    ]);

  it.each(scripts)("once, at every place: %s", (_, script, states) => {
    const length = play(script).log.length;
    for (const crash of points(length)) {
      const run = play(script, [crash]);
      expect(flaws(run)).toEqual([]);
      expect(run.ended).toBe(true);
      expect(states).toContain(run.progress.state);
    }
  });

  it.each(scripts)("twice, at every pair of places: %s", (_, script, states) => {
    const length = Math.min(play(script).log.length, 22);
    for (const first of points(length)) {
      for (const second of points(length - first.at)) {
        const run = play(script, [first, second]);
        expect(flaws(run)).toEqual([]);
        expect(states).toContain(run.progress.state);
      }
    }
  });

  it("and a step is begun at most four times, then it is undone", () => {
    // Each time right after it took effect.
    const crashes: CrashPoint[] = Array.from({ length: 4 }, () => ({ at: 2, when: "before" }));
    const run = play(() => "ok", crashes);
    expect(flaws(run)).toEqual([]);
    expect(run.progress.state).toBe("COMPENSATED");
    expect(run.progress.failure?.code).toBe("UNAVAILABLE");
  });
});

it("an only attempt that was interrupted is undone too", () => {
  const [flight, ...rest] = callsOf(plan) as [PlanStep, ...PlanStep[]];
  const onlyOnce = {
    ...plan,
    steps: [{ ...flight, do: { ...flight.do, retry: { ...flight.do.retry, attempts: 1 } } }, ...rest],
  };
  const interrupted = fold([{ type: "intent", step: "flight", phase: "do", attempt: 1, epoch: 1, at: 0 }]);
  const decision = next(onlyOnce, interrupted, 1);
  expect(decision).toMatchObject({
    type: "record",
    event: { type: "compensating", step: "flight", failure: { code: "UNAVAILABLE" } },
  });
  if (decision.type !== "record") throw new Error("unreachable");
  expect(next(onlyOnce, apply(interrupted, { ...decision.event, at: 1 }), 1)).toMatchObject({
    type: "attempt",
    phase: "undo",
    step: { name: "flight" },
  });
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
      progress = apply(progress, {
        type: "intent",
        epoch: 1,
        step: "flight",
        phase: "do",
        attempt: decision.attempt,
        at: now,
      });
      now += 3_000;
      const failure = { code: "DEADLINE_EXCEEDED", status: 504 };
      progress = apply(progress, {
        type: "failed",
        step: "flight",
        phase: "do",
        attempt: triesOf(progress, "flight", "do").attempts,
        kind: "unknown",
        failure,
        retryAt: now + 900,
        at: now,
      });
    }
    // 0, 3.9 and 7.8 s; the budget is 8 s.
    expect(timeouts).toEqual([1_000, 1_000, 200]);
  });

  it.each([7_999, 8_000])(
    "in which the coordinator was down is not taken from the budget (due at %i)",
    (retryAt) => {
      const failure = { code: "UNAVAILABLE", status: 503 };
      const failed = fold([
        { type: "intent", step: "flight", phase: "do", attempt: 1, epoch: 1, at: 0 },
        {
          type: "failed",
          step: "flight",
          phase: "do",
          attempt: 1,
          kind: "unknown",
          failure,
          retryAt,
          at: 10,
        },
      ]);
      // The budget is 8 s; a minute has passed.
      expect(next(plan, failed, 60_000)).toMatchObject(
        retryAt < 8_000 ? { type: "attempt", attempt: 2, timeout: 1_000 } : { type: "record" },
      );
    },
  );
});
