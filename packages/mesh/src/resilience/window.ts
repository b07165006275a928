import type { Counted } from "./outcome.ts";

/** What a window counts. `sent` and `shed` are counted when a call leaves or may not, everything else when it ends. */
export type Kind = Counted | "slow" | "sent" | "shed";

const ROW: Readonly<Record<Kind, number>> = {
  ok: 0,
  failure: 1,
  overload: 2,
  throttled: 3,
  slow: 4,
  sent: 5,
  shed: 6,
};
const ROWS = 7;

export type Counts = Readonly<Record<Kind, number>>;

/** A window's content as plain JSON. */
export interface WindowSnapshot {
  readonly slot: number;
  readonly counts: readonly number[];
}

/**
 * Counts over the last `span` ms, in a ring of buckets with running totals.
 *
 * Memory is fixed; adding and reading are O(1), plus the clearing of buckets that time has passed by, which is O(1)
 * amortised and at most one sweep of the ring after an idle gap. The oldest bucket falls out as a whole, so the
 * window covers between `span - span/buckets` and `span` ms. Ten buckets follow Hystrix and linkerd2-proxy.
 * A clock that jumps backwards counts into the newest bucket.
 */
export class Window {
  readonly span: number;
  readonly #width: number;
  readonly #buckets: number;
  readonly #counts: Uint32Array;
  readonly #totals = new Uint32Array(ROWS);
  /** Number of the newest bucket since time 0. */
  #slot = 0;

  constructor(span: number, buckets = 10) {
    if (!(span > 0) || !Number.isInteger(buckets) || buckets < 1)
      throw new RangeError(`a window needs a positive span and bucket count, got ${span} and ${buckets}`);
    this.span = span;
    this.#buckets = buckets;
    this.#width = span / buckets;
    this.#counts = new Uint32Array(buckets * ROWS);
  }

  /** Counts `n` of `kind` that happened at `at` (default: now). What is older than the window is dropped. */
  add(kind: Kind, now: number, n = 1, at = now): void {
    this.#roll(now);
    let slot = this.#slot;
    if (at < now) {
      slot = Math.min(slot, Math.floor(at / this.#width));
      if (slot <= this.#slot - this.#buckets || slot < 0) return;
    }
    const row = ROW[kind];
    const index = (slot % this.#buckets) * ROWS + row;
    this.#counts[index] = (this.#counts[index] ?? 0) + n;
    this.#totals[row] = (this.#totals[row] ?? 0) + n;
  }

  count(kind: Kind, now: number): number {
    this.#roll(now);
    return this.#totals[ROW[kind]] ?? 0;
  }

  /** All counts at once, for logs; allocates. */
  counts(now: number): Counts {
    this.#roll(now);
    const [ok = 0, failure = 0, overload = 0, throttled = 0, slow = 0, sent = 0, shed = 0] = this.#totals;
    return { ok, failure, overload, throttled, slow, sent, shed };
  }

  clear(): void {
    this.#counts.fill(0);
    this.#totals.fill(0);
  }

  snapshot(): WindowSnapshot {
    return { slot: this.#slot, counts: [...this.#counts] };
  }

  restore({ slot, counts }: WindowSnapshot): void {
    this.clear();
    if (counts.length !== this.#counts.length) return;
    this.#slot = slot;
    this.#counts.set(counts);
    for (let index = 0; index < counts.length; index++)
      this.#totals[index % ROWS] = (this.#totals[index % ROWS] ?? 0) + (this.#counts[index] ?? 0);
  }

  #roll(now: number): void {
    const slot = Math.floor(now / this.#width);
    const steps = slot - this.#slot;
    if (steps <= 0) return;
    this.#slot = slot;
    if (steps >= this.#buckets) return this.clear();
    for (let step = 0; step < steps; step++) {
      const begin = ((slot - step) % this.#buckets) * ROWS;
      for (let row = 0; row < ROWS; row++) {
        this.#totals[row] = (this.#totals[row] ?? 0) - (this.#counts[begin + row] ?? 0);
        this.#counts[begin + row] = 0;
      }
    }
  }
}
