import type { Outbound } from "./call.ts";

/** Ends one try before its answer is there: out of time, or the other try of a hedged call was quicker. */
export class Ending {
  readonly #controller = new AbortController();
  #lost = false;

  /** The other try won: how this one ends says nothing about the callee. */
  get lost(): boolean {
    return this.#lost;
  }

  lose(): void {
    this.#lost = true;
    this.#controller.abort();
  }

  expire(): void {
    this.#controller.abort(new DOMException("The try's time is up.", "TimeoutError"));
  }

  /** Aborted at this end, and when the caller is gone. */
  signalFor({ context }: Outbound): AbortSignal {
    const { signal } = this.#controller;
    return context.signal ? AbortSignal.any([context.signal, signal]) : signal;
  }
}
