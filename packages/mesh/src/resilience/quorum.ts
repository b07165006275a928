/** A reporter's share of failures from which on it counts as failing. */
const FAILING = 0.5;
/** Reporters that were heard within this time are the fleet that a quorum is taken of, ms. */
const FLEET_MEMORY = 60_000;

interface Reporter {
  id: string;
  at: number;
  /** When its counts began. */
  since: number;
  calls: number;
  failed: number;
}

/**
 * Guards a shared verdict against one sick client (Polly issues 287 and 215): the region's counts alone would let
 * a single isolate with a broken network, or simply with the most traffic, open everybody's circuit.
 *
 * There is a quorum if at least `size` reporters fail, and they are at least half of those heard within the window.
 * A fleet with fewer than `size` reporters in the last minute must be unanimous instead: with two both, with one that
 * one, which then harms nobody else. Remembers the 64 most recent reporters.
 */
export class Quorum {
  readonly #size: number;
  readonly #window: number;
  readonly #limit: number;
  #reporters: Reporter[] = [];

  constructor(size: number, window: number, limit = 64) {
    this.#size = size;
    this.#window = window;
    this.#limit = limit;
  }

  /** Counts a report's calls. */
  heard(id: string, calls: number, failed: number, now: number): void {
    let reporter = this.#reporters.find((known) => known.id === id);
    if (reporter === undefined) {
      if (this.#reporters.length >= this.#limit) this.#forgetOldest();
      reporter = { id, at: now, since: now, calls: 0, failed: 0 };
      this.#reporters.push(reporter);
    } else if (now - reporter.since >= this.#window) {
      reporter.since = now;
      reporter.calls = 0;
      reporter.failed = 0;
    }
    reporter.at = now;
    reporter.calls += calls;
    reporter.failed += failed;
  }

  reached(now: number): boolean {
    let fleet = 0;
    let active = 0;
    let failing = 0;
    for (const { at, calls, failed } of this.#reporters) {
      if (now - at < FLEET_MEMORY) fleet++;
      if (now - at >= this.#window || calls === 0) continue;
      active++;
      if (failed >= calls * FAILING) failing++;
    }
    return failing > 0 && failing >= Math.min(this.#size, fleet) && failing * 2 >= active;
  }

  /** What was heard before proves nothing any more; the fleet's size is still known. */
  forgetCounts(): void {
    for (const reporter of this.#reporters) reporter.calls = reporter.failed = 0;
  }

  snapshot(): readonly Readonly<Reporter>[] {
    return this.#reporters.map((reporter) => ({ ...reporter }));
  }

  restore(reporters: readonly Readonly<Reporter>[]): void {
    this.#reporters = reporters.map((reporter) => ({ ...reporter }));
  }

  #forgetOldest(): void {
    let oldest = 0;
    for (let index = 1; index < this.#reporters.length; index++)
      if ((this.#reporters[index]?.at ?? 0) < (this.#reporters[oldest]?.at ?? 0)) oldest = index;
    this.#reporters.splice(oldest, 1);
  }
}
