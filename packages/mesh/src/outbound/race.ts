import { type Answer, copyOf, type Outbound, type OutboundNext } from "./call.ts";
import { Ending } from "./ending.ts";
import { outcomeOf } from "./outcome.ts";

/**
 * Tries of one call beside each other. The first answer decides, or a refusal that the others would get as well; then
 * those still running are ended. When all have failed it is the first one's error that counts.
 */
export class Race {
  readonly finish: Promise<Answer>;
  readonly #next: OutboundNext;
  readonly #tries: Ending[] = [];
  #resolve!: (answer: Answer) => void;
  #reject!: (error: unknown) => void;
  #failed = 0;
  #firstError: unknown;

  constructor(next: OutboundNext) {
    this.#next = next;
    this.finish = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  enter(call: Outbound): void {
    const ending = new Ending();
    const first = this.#tries.push(ending) === 1;
    const entered = copyOf(call);
    entered.attempt += first ? 0 : 1;
    entered.ending = ending;
    this.#next(entered).then(
      (answer) => {
        this.#resolve(answer);
        this.#endOthers(ending);
      },
      (error: unknown) => {
        if (first) this.#firstError = error;
        const refused = outcomeOf(error, entered) === "ok";
        if (!refused && ++this.#failed < this.#tries.length) return;
        this.#reject(refused ? error : this.#firstError);
        this.#endOthers(ending);
      },
    );
  }

  #endOthers(ended: Ending): void {
    for (const other of this.#tries) if (other !== ended) other.lose();
  }
}
