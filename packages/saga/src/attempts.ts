import { describe, log, type Runtime } from "@weft/mesh";
import { type Attempt, attemptStep, type OutcomeEvent, type SagaCall } from "./attempt.ts";
import type { Action } from "./definition.ts";
import { isAwaited } from "./awaited.ts";
import type { Outcome } from "./outcome.ts";
import type { PlanCall } from "./plan.ts";
import type { SagaRecord } from "./saga-record.ts";
import type { Head } from "./store.ts";
import type { View } from "./view.ts";

interface Ports {
  readonly call: SagaCall;
  readonly runtime: Runtime;
}

/** What an attempt is made from. */
export interface Material {
  readonly head: Head;
  readonly view: View;
  readonly planned: PlanCall;
  readonly action: Action;
}

/** The attempts that this process has begun, and what becomes of them. */
export class Attempts {
  readonly #ports: Ports;
  readonly #record: SagaRecord;
  /** Of this process: higher than that of every process before it. */
  readonly #epoch: number;
  readonly #ended: () => void;
  readonly #underWay = new Set<string>();
  #unanswered = 0;

  /** `ended`: called whenever an attempt is no longer waited for. */
  constructor(ports: Ports, record: SagaRecord, ended: () => void) {
    this.#ports = ports;
    this.#record = record;
    this.#epoch = record.progress.epoch + 1;
    this.#ended = ended;
  }

  /** Keys of the steps whose attempts are waited for. */
  get underWay(): ReadonlySet<string> {
    return this.#underWay;
  }

  /** Nothing is to be heard any more, not even late. */
  get areOver(): boolean {
    return this.#underWay.size === 0 && this.#unanswered === 0;
  }

  begin(attempt: Attempt, material: Material): void {
    const { key: step, phase, attempt: number } = attempt;
    // On disk before anything leaves: whatever happens from here on, the log knows that something may have happened.
    this.#record.append({ type: "intent", step, phase, attempt: number, epoch: this.#epoch });
    this.#record.commit();
    this.#underWay.add(step);
    void attemptStep(attempt, {
      ...material,
      ...this.#ports,
      call: (...call) => {
        this.#unanswered += 1;
        return this.#ports.call(...call).finally(() => {
          this.#unanswered -= 1;
        });
      },
      late: (outcome) => this.#late(attempt, outcome),
    })
      .then((outcome) => this.#settle(outcome))
      .finally(() => {
        this.#underWay.delete(step);
        this.#ended();
      });
  }

  #settle(outcome: OutcomeEvent): void {
    const { step, phase, attempt } = outcome;
    const made = { step, phase, attempt, epoch: this.#epoch };
    if (isAwaited(this.#record.progress, made)) return this.#record.append(outcome);
    this.#record.append({
      type: "discarded",
      ...made,
      outcome: outcome.type === "done" ? "done" : outcome.kind,
    });
  }

  /** An answer that came after its attempt was given up. */
  #late({ key: step, phase, attempt }: Attempt, outcome: Outcome): void {
    const made = { step, phase, attempt };
    try {
      if (outcome.type === "done") this.#settle({ ...made, ...outcome });
      else {
        const { kind, failure } = outcome;
        this.#settle({ type: "failed", ...made, kind, failure, retryAt: this.#ports.runtime.now() });
      }
      this.#record.commit();
    } catch (error) {
      log("error", "late outcome was not recorded", {
        saga: this.#record.head?.id,
        ...made,
        cause: describe(error),
      });
    }
  }
}
