import { MeshError, meshError } from "@weft/mesh";
import type { Arrive } from "./network.ts";
import type { Phase } from "../src/plan.ts";
import { BUSINESS_CODE } from "../src/testing/world.ts";

interface Step {
  state: "empty" | "refused" | "done" | "suspended" | "undone";
  /** Newest attempt that was refused. */
  refused: number;
  /** Effects that are there: what was done less what was undone. */
  net: number;
}

/** A net effect that came about when the saga's log had this length. */
export interface Effect {
  readonly step: string;
  readonly phase: Phase;
  readonly length: number;
}

/** The services of one saga with their fences, as in participant/fence.ts; without fences they do what they are told. */
export class Participants {
  readonly #steps = new Map<string, Step>();
  readonly #lengthOfLog: () => number;
  readonly #fenced: boolean;
  readonly effects: Effect[] = [];
  readonly flaws: string[] = [];

  constructor(lengthOfLog: () => number, fenced: boolean) {
    this.#lengthOfLog = lengthOfLog;
    this.#fenced = fenced;
  }

  net(step: string): number {
    return this.#steps.get(step)?.net ?? 0;
  }

  /** Steps whose effect is there. */
  get standing(): string[] {
    return [...this.#steps].filter(([, { net }]) => net !== 0).map(([step]) => step);
  }

  /** As the network brings it. */
  readonly receive: Arrive = ({ saga: { step, attempt }, operation }, refuses) =>
    this.arrive(step, operation.fenced ?? "do", attempt, refuses);

  /** One attempt arrives. `refuses`: the service has a business reason against it. */
  arrive(step: string, phase: Phase, attempt: number, refuses: boolean): { step: string } {
    const row = this.#steps.get(step) ?? { state: "empty", refused: 0, net: 0 };
    this.#steps.set(step, row);
    if (phase === "do") this.#do(step, row, attempt, refuses);
    else this.#undo(step, row);
    return { step };
  }

  #do(step: string, row: Step, attempt: number, refuses: boolean): void {
    if (this.#fenced) {
      if (row.state === "suspended" || row.state === "undone") throw meshError("FENCED");
      if (row.state === "done") return;
      if (refuses || attempt <= row.refused) {
        row.refused = Math.max(row.refused, attempt);
        throw new MeshError(BUSINESS_CODE, { status: 409 });
      }
    } else if (refuses) throw new MeshError(BUSINESS_CODE, { status: 409 });
    row.state = "done";
    this.#effect(step, row, "do", 1);
  }

  #undo(step: string, row: Step): void {
    if (this.#fenced) {
      if (row.state === "undone" || row.state === "suspended") return;
      if (row.state !== "done") {
        row.state = "suspended";
        return;
      }
    } else if (row.net === 0) return;
    row.state = "undone";
    this.#effect(step, row, "undo", -1);
  }

  #effect(step: string, row: Step, phase: Phase, change: 1 | -1): void {
    row.net += change;
    this.effects.push({ step, phase, length: this.#lengthOfLog() });
    if (row.net < 0 || row.net > 1) this.flaws.push(`the net effect of ${step} is ${row.net}`);
  }
}
