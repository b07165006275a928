import type { Outbound } from "./call.ts";

/** Ends one try before its answer is there: out of time, or the other try of a hedged call was quicker. */
export class Ending {
  readonly #controller = new AbortController();
  #lost = false;

  /** The other try won: how this one ends says nothing about the callee. */
  get lost(): boolean {
    return this.#lost;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  lose(): void {
    this.#lost = true;
    this.#controller.abort();
  }

  expire(): void {
    this.#controller.abort(new DOMException("The try's time is up.", "TimeoutError"));
  }
}

/** Aborted when the try is to end early, whoever decides it. */
export function signalOf({ ending, context }: Outbound): AbortSignal | undefined {
  if (!ending || !context.signal) return ending?.signal ?? context.signal;
  return AbortSignal.any([context.signal, ending.signal]);
}
