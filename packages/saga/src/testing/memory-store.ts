import type { EndState, Logged } from "../event.ts";
import type { Head, SagaStore, Stored } from "../store.ts";

/** A store that can be told to die: the process is gone just before or just after it has written. */
export class MemoryStore implements SagaStore {
  head: Head | undefined;
  log: Logged[] = [];
  onAppend: (events: readonly Logged[], write: () => void) => void = (_, write) => write();

  load(): Stored | undefined {
    return this.head && { head: this.head, log: [...this.log] };
  }

  begin(head: Head, started: Logged): void {
    this.head = head;
    this.log = [started];
  }

  append(events: readonly Logged[]): void {
    this.onAppend(events, () => this.log.push(...events));
  }

  /** How the saga has ended; undefined while it has not. */
  get end(): EndState | undefined {
    return endOf(this.log);
  }
}

export function endOf(log: readonly Logged[]): EndState | undefined {
  const end = log.findLast(({ type }) => type === "ended");
  return end?.type === "ended" ? end.state : undefined;
}
