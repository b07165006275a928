/** Who is served when not everybody can be (Google SRE's "criticality", with three of its four steps). */
export type Priority = "critical" | "normal" | "background";

export interface BulkheadConfig {
  /** Calls in flight per isolate and callee. */
  readonly limit: number;
  /** The share of the limit that calls of a class may fill, together with all others in flight. */
  readonly shares: Readonly<Record<Priority, number>>;
}

/**
 * 100 in flight is ten times what an isolate needs at 1,000 req/s and 10 ms, and bounds what a hanging callee can
 * hold: Resilience4j's 25 and Hystrix's 10 are for thread pools, Envoy's 1,024 is for a whole proxy.
 * The last fifth is kept for critical calls and the upper half from background ones.
 */
export const BULKHEAD: BulkheadConfig = { limit: 100, shares: { critical: 1, normal: 0.8, background: 0.5 } };

/** Seconds for Retry-After on a shed call: a slot frees within a call's duration, so soon. */
export const SHED_RETRY_AFTER = 1;

/**
 * Concurrency limit towards one callee; sheds the least important first.
 *
 * There is no queue on purpose. A queue needs a timer and a closure per waiter, holds the caller's request (and its
 * deadline) hostage in an isolate that is already behind, and adds latency exactly when there is none to spare; the
 * retry layer above waits with backoff, outside the limit.
 */
export class Bulkhead {
  readonly limit: number;
  readonly #limits: Record<Priority, number>;
  #inFlight = 0;
  /** How many calls of each class were shed so far. */
  readonly shed: Record<Priority, number> = { critical: 0, normal: 0, background: 0 };

  constructor(config: Partial<BulkheadConfig> = {}) {
    const { limit, shares } = { ...BULKHEAD, ...config };
    if (!(limit >= 1)) throw new RangeError(`a bulkhead's limit must be at least 1, got ${limit}`);
    this.limit = limit;
    this.#limits = {
      critical: limit * shares.critical,
      normal: Math.max(1, limit * shares.normal),
      background: Math.max(1, limit * shares.background),
    };
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Takes a slot. After `true`, `release` must be called exactly once, however the call ends. */
  acquire(priority: Priority): boolean {
    if (this.#inFlight + 1 > this.#limits[priority]) {
      this.shed[priority]++;
      return false;
    }
    this.#inFlight++;
    return true;
  }

  release(): void {
    if (this.#inFlight === 0) throw new Error("release without acquire");
    this.#inFlight--;
  }
}
