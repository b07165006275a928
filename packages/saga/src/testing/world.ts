import { isMeshError, meshError, MeshError } from "@weft/mesh";
import type { Phase, PlanStep } from "../plan.ts";

/**
 * What happens to one attempt:
 * - `ok`, `business`: as it should be
 * - `refused`, `transient`: turned away before the step was looked at
 * - `lost`: takes effect, but the answer is lost
 * - `dead`: neither effect nor answer
 * - `late`: no answer, and it arrives only when the step's next attempt was answered
 */
export type Behaviour = "ok" | "business" | "refused" | "transient" | "lost" | "dead" | "late";

/** What the world does to an attempt of a step. */
export type Script = (step: string, phase: Phase, attempt: number) => Behaviour;

/** A world in which nobody answers one step's attempts of this phase, before the attempt `until`. */
export const dead =
  (key: string, phase: Phase = "do", until = Number.POSITIVE_INFINITY): Script =>
  (step, direction, attempt) =>
    step === key && direction === phase && attempt < until ? "dead" : "ok";

export const BUSINESS_CODE = "NO_WAY";

/** The participants of a saga with their fences: what took effect and what was taken back. */
export class World {
  readonly script: Script;
  /** `do` took effect; both when it was also taken back; `undo` alone when it was fenced off beforehand. */
  readonly #fence = new Map<string, Set<Phase>>();
  /** Newest attempt of a step that has ended in a business error. */
  readonly #refused = new Map<string, number>();
  /** Attempts that are still on their way. */
  #late: { step: string; phase: Phase; attempt: number }[] = [];
  /** Every effect in order, such as `do reserve`. Once per step and phase, or the fence is broken. */
  readonly effects: string[] = [];
  /** Every attempt in order, such as `do reserve 2`. */
  readonly attempts: string[] = [];

  constructor(script: Script) {
    this.script = script;
  }

  /** Steps whose effect is there. */
  get standing(): string[] {
    return [...this.#fence]
      .filter(([, phases]) => phases.has("do") && !phases.has("undo"))
      .map(([step]) => step);
  }

  /** Answers or throws what the coordinator gets to see. */
  handle({ name: step }: Pick<PlanStep, "name">, phase: Phase, attempt: number): unknown {
    this.attempts.push(`${phase} ${step} ${attempt}`);
    const behaviour = this.script(step, phase, attempt);
    if (behaviour === "late") {
      this.#late.push({ step, phase, attempt });
      throw meshError("DEADLINE_EXCEEDED");
    }
    try {
      return this.#answer(step, phase, attempt, behaviour);
    } finally {
      this.#arrive(step);
    }
  }

  #answer(step: string, phase: Phase, attempt: number, behaviour: Behaviour): unknown {
    if (behaviour === "refused") throw meshError("CALLER_NOT_ALLOWED");
    if (behaviour === "transient") throw meshError("RATE_LIMITED");
    if (behaviour === "dead") throw meshError("UNAVAILABLE");
    const reply = this.#pass(step, phase, attempt, behaviour === "business");
    if (behaviour === "lost") throw meshError("DEADLINE_EXCEEDED");
    return reply;
  }

  #arrive(step: string): void {
    const arrived = this.#late.filter((late) => late.step === step);
    this.#late = this.#late.filter((late) => late.step !== step);
    for (const { phase, attempt } of arrived) {
      try {
        this.#pass(step, phase, attempt, false);
      } catch (error) {
        if (!isMeshError(error)) throw error;
      }
    }
  }

  #pass(step: string, phase: Phase, attempt: number, refuses: boolean): unknown {
    const phases = this.#fence.get(step) ?? new Set<Phase>();
    this.#fence.set(step, phases);
    if (phases.has(phase)) return { step };
    if (phase === "do" && phases.has("undo")) throw meshError("FENCED");
    const refused = this.#refused.get(step) ?? 0;
    if (phase === "do" && (refuses || attempt <= refused)) {
      this.#refused.set(step, Math.max(refused, attempt));
      throw new MeshError(BUSINESS_CODE, { status: 409 });
    }
    if (refuses) throw new MeshError(BUSINESS_CODE, { status: 409 });
    if (phase === "do" || phases.has("do")) this.effects.push(`${phase} ${step}`);
    phases.add(phase);
    return { step };
  }
}
