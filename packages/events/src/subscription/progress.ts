import { deadIds } from "../dead-letters/record.ts";
import { type Applier, fieldsOf } from "./attempt.ts";
import { advanceTo, type Cursor, isStuck, noteFailures } from "./cursor.ts";
import { type Envelope, sourceOf } from "../log/envelope.ts";
import { logEvent } from "./event-line.ts";
import { appliedIds, contextOf } from "./inbox.ts";
import { receive } from "./receive.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";

export interface ProgressOptions {
  applier: Applier;
  db: AnyDatabase;
  cursor: Cursor;
  /** Leaves out what was looked at before, with the event in it that could not be applied. */
  skip: boolean;
  /** When to stop, ms since the epoch. */
  end: number;
}

/** A reader's way through a publisher's log, in its order. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #source: string;
  /** Subjects with an event that could not be applied: their later events must not overtake it. */
  readonly #stuck = new Set<string>();
  #at: number;
  #done: number;
  /** As far as the cursor's row says. */
  #saved: { done: number; at: number };

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#source = sourceOf(options.applier.subscription.contract.name);
    const { seq, looked } = options.cursor;
    this.#at = options.skip ? looked : seq;
    this.#done = seq;
    this.#saved = { done: seq, at: Math.max(seq, looked) };
  }

  /** Position of the last event that was looked at. */
  get at(): number {
    return this.#at;
  }

  /** Every event up to `at` has been dealt with. */
  get complete(): boolean {
    return this.#stuck.size === 0 && !this.#options.skip;
  }

  async apply(events: readonly Envelope[]): Promise<void> {
    const { db, end } = this.#options;
    const ids = events.map(({ id }) => id);
    const applied = await appliedIds(db, this.#source, ids);
    const dead = await deadIds(db, this.#source, ids);
    const known = new Set([...applied, ...dead]);
    try {
      for (const event of events) {
        if (Date.now() >= end) throw new Error(`Time was up before event ${event.sequence}.`);
        if (!known.has(event.id) && !this.#stuck.has(event.subject)) await this.#applyOne(event);
        this.#at = event.sequence;
        if (this.complete) this.#done = event.sequence;
      }
    } finally {
      // Events of other types and those that the queue had brought move the cursor as well.
      if (this.#done > this.#saved.done || this.#at > this.#saved.at)
        await db.batch([advanceTo(db, this.#source, this.#done, this.#at)]);
      this.#saved = { done: this.#done, at: Math.max(this.#at, this.#saved.at) };
    }
  }

  /** Says when what could not be applied is to be tried again. */
  async close(): Promise<void> {
    const { db, cursor, skip } = this.#options;
    const failed = this.#stuck.size > 0;
    const known = isStuck(cursor);
    if (failed && !(known && skip))
      await db.batch([noteFailures(db, this.#source, (known ? cursor.failures : 0) + 1, Date.now())]);
    else if (this.complete && cursor.failures > 0 && this.#at >= cursor.looked)
      await db.batch([noteFailures(db, this.#source, 0, 0)]);
  }

  async #applyOne(event: Envelope): Promise<void> {
    const { applier } = this.#options;
    const context = contextOf(event);
    const started = Date.now();
    // The cursor stays before an event that failed, so that the next catch-up tries it again.
    const along = (db: AnyDatabase) => (this.complete ? [advanceTo(db, event.source, event.sequence)] : []);
    const attempted = await receive(applier, { event, context, via: "log", along });
    const failed = attempted.outcome === "failed";
    if (attempted.outcome === "applied" && this.complete)
      this.#saved = { done: event.sequence, at: Math.max(event.sequence, this.#saved.at) };
    // What is dead waits for an operator; neither the cursor nor other events wait with it.
    if (failed && !attempted.dead) this.#stuck.add(event.subject);
    if (attempted.outcome === "ignored") return;
    const fields = { via: "log", ...fieldsOf(attempted), ms: Date.now() - started };
    logEvent(failed ? "error" : "info", applier.subscriber, event, context, fields);
  }
}
