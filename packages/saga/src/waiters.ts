import type { Runtime } from "@weft/mesh";
import { OVER } from "./over.ts";

interface Waiter {
  readonly over: () => boolean;
  wake(): void;
}

/** Callers that wait for something to become true. */
export class Waiters {
  readonly #waiting = new Set<Waiter>();
  readonly #sleep: Runtime["sleep"];

  constructor(sleep: Runtime["sleep"]) {
    this.#sleep = sleep;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves when `over` holds at a `wake()`, or after `ms`. */
  async wait(over: () => boolean, ms: number): Promise<void> {
    if (ms <= 0 || over()) return;
    const cancel = new AbortController();
    let waiter: Waiter | undefined;
    const woken = new Promise<void>((wake) => {
      waiter = { over, wake };
      this.#waiting.add(waiter);
    });
    await Promise.race([woken, this.#sleep(ms, cancel.signal)]);
    if (waiter) this.#waiting.delete(waiter);
    cancel.abort(OVER);
  }

  wake(): void {
    for (const waiter of this.#waiting) if (waiter.over()) waiter.wake();
  }
}
