import { isMeshError } from "@weft/mesh";
import type { Logged, SagaEvent } from "../event.ts";
import { apply, fold, type Progress } from "../fold.ts";
import { next } from "../interpreter.ts";
import { failed } from "../outcome.ts";
import { backoff, type Phase, type PlanStep } from "../plan.ts";
import { things, trip } from "./definition.ts";
import { type Script, World } from "./world.ts";

class Crash extends Error {}

export interface CrashPoint {
  /** Dies at the append number `at` of this run, from 1. */
  readonly at: number;
  readonly when: "before" | "after";
}

export interface Run {
  readonly world: World;
  readonly log: Logged[];
  readonly progress: Progress;
  readonly ended: boolean;
}

/** Plays a coordinator: asks, acts, writes down; dies at the crash points one after the other and is started again. */
export function play(script: Script, crashes: readonly CrashPoint[] = [], decisions = 400): Run {
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
      const decision = next(trip.plan, progress, now);
      now += 1;
      if (decision.type === "ended") ended = true;
      else if (decision.type === "wait") now = decision.until;
      else if (decision.type === "record") append(decision.event);
      else {
        if (decision.type === "resolve") throw new Error(`${decision.key} needs a definition's code`);
        const { step, phase, attempt } = decision;
        append({ type: "intent", step: step.name, phase, attempt, epoch: 1 });
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

function attemptIn(world: World, step: PlanStep, phase: Phase, attempt: number, now: number): SagaEvent {
  try {
    return { type: "done", step: step.name, phase, attempt, result: world.handle(step, phase, attempt) };
  } catch (error) {
    if (!isMeshError(error)) throw error;
    const outcome = failed(things.operations.make, error);
    if (outcome.type !== "failed") throw error;
    const retry = (phase === "do" ? step.do : (step.undo ?? step.do)).retry;
    return {
      type: "failed",
      step: step.name,
      phase,
      attempt,
      kind: outcome.kind,
      failure: outcome.failure,
      retryAt: now + backoff(retry, attempt, 0.9),
    };
  }
}
