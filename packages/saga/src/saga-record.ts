import type { Logged, SagaEvent } from "./event.ts";
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
  /** What is on disk, and what comes with the next commit. */
  #written: Progress = BEGINNING;
  #unwritten: Logged[] = [];
  #updatedAt = 0;
  #length = 0;
  #isRetired = false;
  /** Whether the index knows the saga, and will not let it rest for long while it is at work; or it goes on without it. */
  isIndexed = false;
  /** When the saga goes on by itself, ms since the epoch. */
  dueAt: number | undefined;
  /** The step whose code is not deployed here. */
  missing: string | undefined;

  /** `tellAfter`: as in `Ports`. */
  constructor(store: SagaStore, now: () => number, tellAfter: number) {
    this.#store = store;
    this.#now = now;
    const stored = store.load();
    if (!stored) return;
    this.#head = stored.head;
    this.#progress = this.#written = fold(stored.log);
    this.#updatedAt = stored.log.findLast(isNews)?.at ?? stored.head.startedAt;
    // No second attempt at its age is made before the index knows of the saga, or that it rests no more.
    const old = stored.head.startedAt + tellAfter;
    const stirred = stored.log.findLastIndex(({ type }) => type === "signalled" || type === "ordered");
    const attempts = stored.log.slice(stirred + 1).filter(({ type, at }) => type === "intent" && at >= old);
    this.isIndexed = isFinal(this.#progress.state) || attempts.length > 1;
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

  /** Counts from now on, and is on disk with the next commit: before anything that follows from it leaves this process. */
  append(event: SagaEvent): void {
    // A clock that is set back must not make news look old: the index keeps what it knows.
    const logged = { ...event, at: Math.max(this.#now(), this.#updatedAt) };
    this.#progress = apply(this.#progress, logged);
    this.#unwritten.push(logged);
    this.#length += 1;
    if (!isNews(logged)) return;
    this.#updatedAt = this.dueAt = logged.at;
    this.missing = undefined;
  }

  /** Writes all that was appended, or forgets it and throws. */
  commit(): void {
    const events = this.#unwritten;
    if (events.length === 0) return;
    this.#unwritten = [];
    try {
      if (this.#isRetired) throw new Error("The saga was let go and may be elsewhere.");
      this.#store.append(events);
      this.#written = this.#progress;
    } catch (error) {
      this.#progress = this.#written;
      throw error;
    }
  }

  /** Nothing is written any more. */
  retire(): void {
    this.#isRetired = true;
  }

  /** Nobody is told what is not on disk. */
  snapshot(): SagaSnapshot | undefined {
    this.commit();
    return this.#head && snapshotOf(this.#head, this.#progress, this.#updatedAt, this.dueAt, this.missing);
  }
}

/** What comes after the end is on record, but it is no news. */
function isNews({ type }: Logged): boolean {
  return type !== "discarded";
}

/** The definition that a saga goes by now: the one that it began with, or the one that it was moved to. */
export function current(head: Head, progress: Progress): { plan: Plan; hash: string } {
  return progress.moved ?? head;
}
