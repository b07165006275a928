import type { Logged, SagaState } from "../event.ts";
import type { Head, SagaStore, Stored } from "../store.ts";

/** A store that can be told to die: the process is gone just before or just after it has written. */
export class MemoryStore implements SagaStore {
  head: Head | undefined;
  log: Logged[] = [];
  state: SagaState | undefined;
  onAppend: (events: readonly Logged[], write: () => void) => void = (_, write) => write();

  load(): Stored | undefined {
    return this.head && { head: this.head, log: [...this.log] };
  }

  begin(head: Head, started: Logged): void {
    this.head = head;
    this.log = [started];
  }

  append(events: readonly Logged[], state: SagaState): void {
    this.onAppend(events, () => {
      this.log.push(...events);
      this.state = state;
    });
  }

  async erase(): Promise<void> {
    this.head = this.state = undefined;
    this.log = [];
  }
}
