import type { Runtime } from "@weft/mesh";

interface Timer {
  readonly at: number;
  fire(): void;
}

/** A clock that jumps from one timer to the next as soon as nothing else is left to do. */
export class SimTime implements Runtime {
  #now = 1_000_000;
  readonly #held = new Set<Promise<void>>();
  readonly #timers = new Set<Timer>();
  readonly #random: () => number;

  constructor(random: () => number = () => 0.5) {
    this.#random = random;
  }

  readonly now = (): number => this.#now;
  readonly random = (): number => this.#random();

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = { at: this.#now + ms, fire: resolve };
      this.#timers.add(timer);
      signal?.addEventListener("abort", () => {
        this.#timers.delete(timer);
        reject(signal.reason as Error);
      });
    });

  /** Runs `fire` at a time; the returned function takes that back. */
  at(time: number, fire: () => void): () => void {
    const timer = { at: time, fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass until `done` holds; false if nothing was left to happen, or only after `limit`. */
  async until(done: () => boolean, limit = Number.POSITIVE_INFINITY): Promise<boolean> {
    for (;;) {
      await idle();
      while (this.#held.size > 0) await Promise.all(this.#held).then(idle);
      if (done()) return true;
      const timer = this.#soonest();
      if (!timer || timer.at > limit) return false;
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.at);
      timer.fire();
    }
  }

  /** Time stands still until this has settled: work that knows nothing of this clock. */
  hold<T>(work: Promise<T>): Promise<T> {
    const held = work.then(
      () => void this.#held.delete(held),
      () => void this.#held.delete(held),
    );
    this.#held.add(held);
    return work;
  }

  /** The clock is set, forwards or backwards: timers keep the time that they were set to. */
  jump(ms: number): void {
    this.#now += ms;
  }

  #soonest(): Timer | undefined {
    let soonest: Timer | undefined;
    for (const timer of this.#timers) if (!soonest || timer.at < soonest.at) soonest = timer;
    return soonest;
  }

  async result<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const marked = work.finally(() => {
      settled = true;
    });
    marked.catch(() => "reported by the await below");
    await this.until(() => settled);
    return marked;
  }
}

/** All promise reactions that are due have run. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
