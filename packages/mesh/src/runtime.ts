/** Time and chance, injected so that every algorithm can be run under a simulated clock. */
export interface Runtime {
  /** Milliseconds since the epoch. On Workers the clock moves only with I/O. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** A runtime whose timers can be had without a promise and a signal for each. */
export interface TimerRuntime extends Runtime {
  /** Runs `run` after `ms`, unless the returned function is called first. */
  readonly after: (ms: number, run: () => void) => () => void;
}

export const systemRuntime: TimerRuntime = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, ms);
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
