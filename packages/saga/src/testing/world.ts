import { meshError, MeshError } from "@weft/mesh";
import type { Phase, PlanStep } from "../plan.ts";

/**
 * What happens to one attempt:
 * - `ok`, `business`: as it should be
 * - `refused`, `transient`: turned away before the step was looked at
 * - `lost`: takes effect, but the answer is lost
 * - `dead`: neither effect nor answer
 */
export type Behaviour = "ok" | "business" | "refused" | "transient" | "lost" | "dead";

/** What the world does to an attempt of a step. */
export type Script = (step: string, phase: Phase, attempt: number) => Behaviour;

export const BUSINESS_CODE = "NO_WAY";

/** The participants of a saga with their fences: what took effect and what was taken back. */
export class World {
  readonly script: Script;
  /** `do` took effect; both when it was also taken back; `undo` alone when it was fenced off beforehand. */
  readonly #fence = new Map<string, Set<Phase>>();
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
    if (behaviour === "refused") throw meshError("CALLER_NOT_ALLOWED");
    if (behaviour === "transient") throw meshError("RATE_LIMITED");
    if (behaviour === "dead") throw meshError("UNAVAILABLE");
    const reply = this.#pass(step, phase, behaviour === "business");
    if (behaviour === "lost") throw meshError("DEADLINE_EXCEEDED");
    return reply;
  }

  #pass(step: string, phase: Phase, refuses: boolean): unknown {
    const phases = this.#fence.get(step) ?? new Set<Phase>();
    this.#fence.set(step, phases);
    if (phases.has(phase)) return { step };
    if (phase === "do" && phases.has("undo")) throw meshError("FENCED");
    if (refuses) throw new MeshError(BUSINESS_CODE, { status: 409 });
    if (phase === "do" || phases.has("do")) this.effects.push(`${phase} ${step}`);
    phases.add(phase);
    return { step };
  }
}
