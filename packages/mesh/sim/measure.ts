import { END, OUTAGE } from "./callee.ts";

const SECOND = 1_000;
const SECONDS = END / SECOND;
const FIRST = OUTAGE.begin / SECOND;
const LAST = OUTAGE.end / SECOND;

/** What a run is judged by. Times in seconds, `undefined` = never; everything else are fractions. */
export interface Figures {
  /** Calls that reached the callee in the outage's last minute, per call offered. */
  readonly load: number;
  /** From the outage's begin until load stays at 10 % of the offer or less, in whole seconds. */
  readonly detect: number | undefined;
  /** From the outage's end until 95 % of the calls succeed and go on doing so, in whole seconds. */
  readonly recover: number | undefined;
  /** Calls that reached the callee per call offered, in the outage's first 10 s and in its last minute. */
  readonly amplificationFirst: number;
  readonly amplificationSteady: number;
  /** Share of the calls offered during the outage that succeeded, and of all others. */
  readonly successDuring: number;
  readonly successOutside: number;
  /** Reports per second that all regions together receive in the last healthy half minute. */
  readonly reports: number;
}

/** Counts by the second. */
export class Measure {
  readonly #offered = new Float64Array(SECONDS + 1);
  readonly #sent = new Float64Array(SECONDS + 1);
  readonly #succeeded = new Float64Array(SECONDS + 1);
  readonly #reported = new Float64Array(SECONDS + 1);

  offered(at: number): void {
    count(this.#offered, at);
  }
  sent(at: number): void {
    count(this.#sent, at);
  }
  /** By the second in which the call was offered, not the one in which it ended. */
  succeeded(offeredAt: number): void {
    count(this.#succeeded, offeredAt);
  }
  reported(at: number): void {
    count(this.#reported, at);
  }

  figures(): Figures {
    const load = (from: number, to: number) => sum(this.#sent, from, to) / sum(this.#offered, from, to);
    const success = (from: number, to: number) =>
      sum(this.#succeeded, from, to) / sum(this.#offered, from, to);
    const good = sum(this.#succeeded, 0, FIRST) + sum(this.#succeeded, LAST, SECONDS);
    const outside = sum(this.#offered, 0, FIRST) + sum(this.#offered, LAST, SECONDS);
    return {
      load: load(LAST - 60, LAST),
      detect: firstSecond(
        FIRST,
        LAST,
        (second) => load(second, second + 1) <= 0.1 && load(second, LAST) <= 0.1,
      ),
      recover: firstSecond(
        LAST,
        SECONDS - 5,
        (second) => success(second, second + 1) >= 0.95 && success(second, second + 5) >= 0.95,
      ),
      amplificationFirst: load(FIRST, FIRST + 10),
      amplificationSteady: load(LAST - 60, LAST),
      successDuring: success(FIRST, LAST),
      successOutside: good / outside,
      reports: sum(this.#reported, FIRST - 30, FIRST) / 30,
    };
  }
}

/** Seconds from `from` to the first second that is fine, or undefined. */
function firstSecond(from: number, to: number, fine: (second: number) => boolean): number | undefined {
  for (let second = from; second < to; second++) if (fine(second)) return second - from;
  return undefined;
}

function count(series: Float64Array, at: number): void {
  const second = Math.floor(at / SECOND);
  series[second] = (series[second] ?? 0) + 1;
}

function sum(series: Float64Array, from: number, to: number): number {
  let total = 0;
  for (let second = from; second < to; second++) total += series[second] ?? 0;
  return total;
}
