import { describe, log } from "@weft/mesh";
import { MESSAGE, type Message } from "./message.ts";
import { type Steps, stepName } from "./steps.ts";

/** Longest time that Workflows waits for an event, ms. */
const YEAR = 365 * 86_400_000;

/** The messages to one saga in the order in which they came, which is the same in every replay. */
export class Inbox {
  readonly #step: Steps;
  readonly #came: Message[] = [];
  #news = Promise.withResolvers<void>();

  constructor(step: Steps) {
    this.#step = step;
    void this.#listen();
  }

  /** How many have come. When is a matter of chance, so only steps may look. */
  get count(): number {
    return this.#came.length;
  }

  /** The messages after the first `from`, up to number `to`; waits for those that are still to be replayed. */
  async between(from: number, to: number): Promise<readonly Message[]> {
    await this.more(to - 1);
    return this.#came.slice(from, to);
  }

  /** Resolves when more than `count` have come. */
  async more(count: number): Promise<void> {
    while (this.#came.length <= count) await this.#news.promise;
  }

  async #listen(): Promise<void> {
    for (let number = 1; ; number++) {
      try {
        const event = await this.#step.waitForEvent(stepName("message", number), {
          type: MESSAGE,
          timeout: YEAR,
        });
        this.#came.push(event.payload as Message);
        this.#news.resolve();
        this.#news = Promise.withResolvers();
      } catch (error) {
        // After a year another one begins; whatever else ends a wait ends this process of the saga.
        if ((error as Error).name === "WorkflowTimeoutError") continue;
        return log("info", "saga listens no longer", { cause: describe(error) });
      }
    }
  }
}
