/** Histogram buckets grow by this factor, so an estimate is at most half a step (about 10 %) off. */
const GROWTH = 1.2;
const BUCKETS = 64;
const LOG_GROWTH = Math.log(GROWTH);
/** When this many samples are in, all counts are halved: the estimate follows the last few hundred calls. */
const FULL = 512;
/** The estimate is worked out anew after this many samples. */
const REFRESH = 16;

/**
 * A latency quantile of recent calls, in ms, for "hedge after the observed p95".
 *
 * Log-scaled histogram with decay: O(1) per sample, 64 counters, from 1 ms to 1.2^63 ms (97 s); longer counts as
 * that. P-square would be smaller but never forgets, and a frugal estimator needs thousands of samples to settle.
 */
export class LatencyQuantile {
  readonly #quantile: number;
  readonly #minSamples: number;
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;
  #fresh = 0;
  #estimate: number | undefined;

  /** No estimate is given before `minSamples`: the p95 of fewer than 20 calls is their maximum. */
  constructor(quantile = 0.95, minSamples = 20) {
    this.#quantile = quantile;
    this.#minSamples = minSamples;
  }

  observe(latency: number): void {
    const bucket = latency <= 1 ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(latency) / LOG_GROWTH));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#fresh++;
    if (++this.#total >= FULL) this.#halve();
  }

  /** Upper edge of the bucket that the quantile falls into, ms; undefined while there are too few samples. */
  get value(): number | undefined {
    if (this.#total < this.#minSamples) return undefined;
    if (this.#estimate === undefined || this.#fresh >= REFRESH) this.#estimate = this.#scan();
    return this.#estimate;
  }

  #scan(): number {
    this.#fresh = 0;
    let left = this.#total * this.#quantile;
    let bucket = -1;
    while (left > 0 && bucket < BUCKETS - 1) left -= this.#counts[++bucket] ?? 0;
    return GROWTH ** Math.max(0, bucket);
  }

  #halve(): void {
    this.#total = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const half = (this.#counts[bucket] ?? 0) >> 1;
      this.#counts[bucket] = half;
      this.#total += half;
    }
  }
}

/** Time constant of the average, ms (Finagle's and tower's peak EWMA). */
const DECAY = 10_000;
/** What an instance that was never called is taken for, ms (linkerd2-proxy's default RTT). */
const UNKNOWN = 30;

/**
 * Peak-sensitive moving average of latency (Finagle's "Peak EWMA"): one slow answer raises it at once, fast ones
 * lower it over seconds, by the time that passed rather than by the number of samples. Without samples it sinks
 * towards zero, so that an instance which was slow once is tried again.
 */
export class PeakEwma {
  #value: number;
  #at: number;

  constructor(now: number, initial = UNKNOWN) {
    this.#value = initial;
    this.#at = now;
  }

  observe(latency: number, now: number): void {
    const current = this.value(now);
    const weight = Math.exp(-Math.max(0, now - this.#at) / DECAY);
    this.#value = latency > current ? latency : this.#value * weight + latency * (1 - weight);
    this.#at = Math.max(now, this.#at);
  }

  value(now: number): number {
    return now <= this.#at ? this.#value : this.#value * Math.exp((this.#at - now) / DECAY);
  }
}
