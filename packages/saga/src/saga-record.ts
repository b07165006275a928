import type { SagaEvent, SagaState } from "./event.ts";
import { apply, BEGINNING, fold, type Progress } from "./fold.ts";
import { isFinal } from "./interpreter.ts";
import type { Plan } from "./plan.ts";
import { type SagaSnapshot, snapshotOf } from "./snapshot.ts";
import type { Head, SagaStore } from "./store.ts";

/** One saga as this process knows it: what is stored, and what follows from it. */
export class SagaRecord {
  readonly #store: SagaStore;
  readonly #now: () => number;
  #head: Head | undefined;
  #progress: Progress = BEGINNING;
  #updatedAt = 0;
  #indexed: SagaState | undefined;
  #length = 0;
  /** When the saga goes on by itself, ms since the epoch. */
  dueAt: number | undefined;
  /** The step whose code is not deployed here. */
  missing: string | undefined;

  constructor(store: SagaStore, now: () => number) {
    this.#store = store;
    this.#now = now;
    const stored = store.load();
    if (!stored) return;
    this.#head = stored.head;
    this.#progress = fold(stored.log);
    this.#updatedAt = stored.log.at(-1)?.at ?? stored.head.startedAt;
    this.#indexed = stored.indexed;
    this.#length = stored.log.length;
    this.dueAt = isFinal(this.#progress.state) ? undefined : this.#updatedAt;
  }

  get head(): Head | undefined {
    return this.#head;
  }

  get progress(): Progress {
    return this.#progress;
  }

  get updatedAt(): number {
    return this.#updatedAt;
  }

  /** The state that the index knows; undefined while it does not know the saga. */
  get indexed(): SagaState | undefined {
    return this.#indexed;
  }

  /** Grows with everything that happens. */
  get length(): number {
    return this.#length;
  }

  begin(draft: Omit<Head, "startedAt">): void {
    const at = this.#now();
    const head = { ...draft, startedAt: at };
    this.#store.begin(head, { type: "started", at });
    this.#head = head;
    this.#length = 1;
    this.#updatedAt = this.dueAt = at;
  }

  append(event: SagaEvent): void {
    // A clock that is set back must not make news look old: the index keeps what it knows.
    const logged = { ...event, at: Math.max(this.#now(), this.#updatedAt) };
    const progress = apply(this.#progress, logged);
    this.#store.append(logged, progress.state);
    this.#progress = progress;
    this.#length += 1;
    // What comes after the end is on record, but it is no news.
    if (event.type === "discarded") return;
    this.#updatedAt = this.dueAt = logged.at;
    this.missing = undefined;
  }

  markIndexed(state: SagaState): void {
    this.#indexed = state;
    this.#store.markIndexed(state);
  }

  async erase(): Promise<void> {
    await this.#store.erase();
    this.#head = undefined;
    this.#progress = BEGINNING;
    this.#indexed = undefined;
    this.#length = 0;
    this.dueAt = undefined;
  }

  snapshot(): SagaSnapshot | undefined {
    return this.#head && snapshotOf(this.#head, this.#progress, this.#updatedAt, this.dueAt, this.missing);
  }
}

/** The definition that a saga goes by now: the one that it began with, or the one that it was moved to. */
export function current(head: Head, progress: Progress): { plan: Plan; hash: string } {
  return progress.moved ?? head;
}
