import type { Logged, SagaState } from "../event.ts";
import type { Head, SagaStore, Stored } from "../store.ts";

/** A store that can be told to die: the process is gone just before or just after it has written. */
export class MemoryStore implements SagaStore {
  head: Head | undefined;
  log: Logged[] = [];
  indexed: SagaState | undefined;
  onAppend: (event: Logged, write: () => void) => void = (_, write) => write();

  load(): Stored | undefined {
    return this.head && { head: this.head, log: [...this.log], indexed: this.indexed };
  }

  begin(head: Head, started: Logged): void {
    this.head = head;
    this.log = [started];
  }

  append(event: Logged, _: SagaState): void {
    this.onAppend(event, () => {
      this.log.push(event);
    });
  }

  markIndexed(state: SagaState): void {
    this.indexed = state;
  }

  async erase(): Promise<void> {
    this.head = this.indexed = undefined;
    this.log = [];
  }
}
