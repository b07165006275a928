import { isMeshError, meshError, type Operation, type SagaStep } from "@weft/mesh";
import type { SimTime } from "../src/testing/sim-time.ts";
import type { Chance } from "./chance.ts";

const fates = ["lost", "answer-lost", "twice", "late", "answer-late", "unavailable", "transient"] as const;

/** One attempt on its way. */
export interface Parcel {
  readonly saga: SagaStep;
  readonly operation: Operation;
  readonly input: unknown;
}
/** What a participant does with an attempt. `refuses`: it has a business reason against it. */
export type Arrive = (parcel: Parcel, refuses: boolean) => unknown;

/** Between the coordinator and the participants: loses, repeats and delays what it carries while there are faults. */
export class Network {
  readonly #time: SimTime;
  readonly #chance: Chance;
  readonly #arrive: Arrive;
  /** Probability that something goes wrong with one call, and that a participant refuses one. */
  faults = 0;
  refusals = 0;
  /** Steps that are always refused. */
  refuses: (step: string) => boolean = () => false;

  constructor(time: SimTime, chance: Chance, arrive: Arrive) {
    this.#time = time;
    this.#chance = chance;
    this.#arrive = arrive;
  }

  /** One call; without an answer it never settles. */
  call(parcel: Parcel): Promise<unknown> {
    const chance = this.#chance;
    const fate = chance.is(this.faults) ? chance.one(fates) : "ok";
    if (fate === "transient") return this.#answer(chance.int(1, 20), () => this.#fail("RATE_LIMITED"));
    if (fate === "unavailable") return this.#answer(chance.int(1, 20), () => this.#fail("UNAVAILABLE"));
    if (fate === "lost") return new Promise(() => {});
    const { step } = parcel.saga;
    const refuses = parcel.operation.fenced === "do" && (this.refuses(step) || chance.is(this.refusals));
    const arrive = () => this.#time.hold(outcomeOf(() => this.#arrive(parcel, refuses)));
    if (fate === "twice") this.#time.at(this.#in(10_000), () => swallow(arrive));
    if (fate === "late" || fate === "answer-lost") {
      this.#time.at(this.#in(fate === "late" ? 15_000 : 20), () => swallow(arrive));
      return new Promise(() => {});
    }
    return new Promise((resolve, reject) => {
      this.#time.at(this.#in(20), () => {
        const answer = arrive();
        const back = this.#in(fate === "answer-late" ? 8_000 : 20);
        this.#time.at(back, () => void answer.then(resolve, reject));
      });
    });
  }

  #in(most: number): number {
    return this.#time.now() + this.#chance.int(1, most);
  }

  #answer(ms: number, answer: () => unknown): Promise<unknown> {
    return this.#time.sleep(ms).then(answer);
  }

  #fail(code: "RATE_LIMITED" | "UNAVAILABLE"): never {
    throw meshError(code);
  }
}

/** What somebody would be told who no longer listens. */
function swallow(arrive: () => Promise<unknown>): void {
  arrive().catch((error: unknown) => {
    if (!isMeshError(error)) throw error;
  });
}

function outcomeOf(arrive: () => unknown): Promise<unknown> {
  const outcome = Promise.resolve().then(arrive);
  // Waited for when the answer has travelled back.
  outcome.catch(() => "handed over later");
  return outcome;
}
