import { counted, type Outcome } from "./outcome.ts";

/** Calls of one short stretch of time, as an isolate reports them to its region. */
export interface ReportBucket {
  /** How long ago the stretch ended, ms at the time of the flush. */
  readonly age: number;
  readonly sent: number;
  readonly ok: number;
  readonly failure: number;
  readonly overload: number;
  readonly throttled: number;
}

const ROW = { sent: 0, ok: 1, failure: 2, overload: 3, throttled: 4 } as const;
const ROWS = 5;
/** The region's window is 5 s: what is older is of no use to it. */
const WIDTH = 500;
const BUCKETS = 10;

/** While calls go on, everybody reports this often: the healthy too, or the sample would consist of the sick. */
export const FLUSH_EVERY = 5_000;
/** After a failure this often, ms: an outage must be noticed within seconds, and two a second bound its cost. */
export const FLUSH_EVERY_FAILING = 500;
/** While refused calls wait for news, this often. */
export const REFRESH_EVERY = 1_000;

/**
 * One isolate's call counts towards one callee since its last report, by the half second.
 *
 * The ages matter in thin fleets: an isolate with a call every few seconds would otherwise report yesterday's
 * successes together with today's first failure, and hide the outage from a 95 % rule for seconds.
 * Fixed memory; nothing is allocated but the report itself.
 */
export class Reporter {
  readonly #counts = new Uint32Array(BUCKETS * ROWS);
  #slot = 0;
  #flushedAt = Number.NEGATIVE_INFINITY;
  #pending = false;
  #failing = false;

  sent(now: number): void {
    this.#add(ROW.sent, now);
  }

  ended(outcome: Outcome, now: number): void {
    if (outcome === "ignored") return;
    this.#add(ROW[counted(outcome)], now);
    if (outcome !== "ok") this.#failing = true;
  }

  /** Whether to report now. `wanted`: the verdict holds calls back and is old (`RegionalView.refreshDue`). */
  due(now: number, wanted = false): boolean {
    const since = now - this.#flushedAt;
    if (wanted && since >= REFRESH_EVERY) return true;
    return this.#pending && since >= (this.#failing ? FLUSH_EVERY_FAILING : FLUSH_EVERY);
  }

  /** The counts since the last flush, newest first; they count as delivered. A lost report is not repeated. */
  flush(now: number): ReportBucket[] {
    this.#roll(now);
    const report: ReportBucket[] = [];
    for (let back = 0; back < BUCKETS && back <= this.#slot; back++) {
      const begin = ((this.#slot - back) % BUCKETS) * ROWS;
      const [sent = 0, ok = 0, failure = 0, overload = 0, throttled = 0] = this.#counts.subarray(
        begin,
        begin + ROWS,
      );
      if (sent + ok + failure + overload + throttled === 0) continue;
      const age = Math.max(0, now - (this.#slot - back + 1) * WIDTH);
      report.push({ age, sent, ok, failure, overload, throttled });
    }
    this.#counts.fill(0);
    this.#flushedAt = now;
    this.#pending = false;
    this.#failing = false;
    return report;
  }

  #add(row: number, now: number): void {
    this.#roll(now);
    const index = (this.#slot % BUCKETS) * ROWS + row;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#pending = true;
  }

  #roll(now: number): void {
    const slot = Math.floor(now / WIDTH);
    const steps = Math.min(BUCKETS, slot - this.#slot);
    if (steps <= 0) return;
    this.#slot = slot;
    for (let step = 0; step < steps; step++) {
      const begin = ((slot - step) % BUCKETS) * ROWS;
      this.#counts.fill(0, begin, begin + ROWS);
    }
  }
}
