/** Clients whose requests are counted at a time; more than this many are not told apart from new ones. */
const MAX_CLIENTS = 10_000;

export interface Estimate {
  /** Requests left in this window: at most so many, since other isolates count for themselves. */
  remaining: number;
  /** Until the window ends, s, rounded up. */
  reset: number;
}

/**
 * Counts what this isolate has seen of each client in the current window. It only informs clients: Cloudflare's rate
 * limiter decides, and does not tell what is left.
 */
export class WindowCount {
  readonly #quota: number;
  readonly #window: number;
  readonly #counts = new Map<string, number>();
  #index = 0;

  /** `quota` requests in `window` seconds. */
  constructor(quota: number, window: number) {
    this.#quota = quota;
    this.#window = window * 1000;
  }

  /** Counts one request at `now` (ms). */
  add(client: string, now: number): Estimate {
    const index = Math.floor(now / this.#window);
    if (index !== this.#index) {
      this.#index = index;
      this.#counts.clear();
    }
    const count = (this.#counts.get(client) ?? 0) + 1;
    if (count > 1 || this.#counts.size < MAX_CLIENTS) this.#counts.set(client, count);
    return {
      remaining: Math.max(0, this.#quota - count),
      reset: Math.ceil(((index + 1) * this.#window - now) / 1000),
    };
  }
}
