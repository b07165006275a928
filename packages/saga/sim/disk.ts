import type { Logged } from "../src/event.ts";
import type { Head, SagaStore, Stored } from "../src/store.ts";

/** A saga's storage. A process that is dead writes nothing any more. */
export class Disk {
  head: Head | undefined;
  log: Logged[] = [];
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
      load: (): Stored | undefined => this.head && { head: this.head, log: this.log.slice() },
      begin: (head, started) =>
        commit(() => {
          this.head = head;
          this.log = [started];
        }),
      append: (events) => {
        const late = this.#lateIntents ? events.filter(({ type }) => type === "intent") : [];
        const written = [...this.#held, ...events.filter((event) => !late.includes(event))];
        this.#held = late;
        if (late.length === events.length) return;
        commit(() => this.log.push(...written));
      },
    };
  }
}
