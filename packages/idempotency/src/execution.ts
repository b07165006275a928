import type { Attempt } from "./record.ts";

export type Outcome = "finished" | "resumable" | "not-started";

/** Statuses that say by themselves that nothing was begun: the request was refused before it had any effect. */
const NOT_STARTED = new Set([400, 401, 413, 415, 422, 429]);

/** The one execution that a key stands for, as the handler sees it. */
export class Execution implements Attempt {
  /** The same for every attempt with this key: derive the ids of what you create from it. */
  readonly executionId: string;
  readonly attempt: number;
  #outcome: Outcome | undefined;

  constructor({ executionId, attempt }: Attempt) {
    this.executionId = executionId;
    this.attempt = attempt;
  }

  /** This answer is not the last word: the next request with the key carries on with the same execution. */
  resumable(): void {
    this.#outcome = "resumable";
  }

  /** Whatever the answer's status says, nothing was begun: give the key back. */
  notStarted(): void {
    this.#outcome = "not-started";
  }

  /** Once effects may have begun, every answer is kept, a 5xx included, unless it is known how to carry on. */
  outcome(status: number, isResumable: () => boolean): Outcome {
    if (this.#outcome) return this.#outcome;
    if (NOT_STARTED.has(status)) return "not-started";
    return isResumable() ? "resumable" : "finished";
  }
}
