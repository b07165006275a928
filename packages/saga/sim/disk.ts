import type { Logged, SagaState } from "../src/event.ts";
import type { Head, SagaStore, Stored } from "../src/store.ts";

/** A saga's storage. A process that is dead writes nothing any more. */
export class Disk {
  head: Head | undefined;
  log: Logged[] = [];
  indexed: SagaState | undefined;
  /** Of the saga, as its row says. */
  state: SagaState | undefined;
  onCommit: (write: () => void) => void = (write) => write();
  /** A mutant: intents reach the disk only with their outcomes. */
  readonly #lateIntents: boolean;
  #held: Logged[] = [];

  constructor(lateIntents: boolean) {
    this.#lateIntents = lateIntents;
  }

  openFor(life: { readonly alive: boolean }): SagaStore {
    this.#held = [];
    const commit = (write: () => void) => {
      if (!life.alive) throw new Error("the process is dead");
      this.onCommit(write);
    };
    return {
      load: (): Stored | undefined =>
        this.head && { head: this.head, log: this.log.slice(), indexed: this.indexed },
      begin: (head, started) =>
        commit(() => {
          this.head = head;
          this.log = [started];
          this.state = "RUNNING";
        }),
      append: (event, state) => {
        if (this.#lateIntents && event.type === "intent") {
          this.#held.push(event);
          return;
        }
        commit(() => {
          this.log.push(...this.#held.splice(0), event);
          this.state = state;
        });
      },
      markIndexed: (state) => commit(() => void (this.indexed = state)),
      erase: async () =>
        commit(() => {
          this.head = this.indexed = undefined;
          this.log = [];
        }),
    };
  }
}
