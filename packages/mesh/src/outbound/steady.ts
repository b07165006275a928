import type { TimerRuntime } from "../runtime.ts";

/** A runtime whose clock moves only at a `tick`. */
export interface SteadyRuntime extends TimerRuntime {
  /** Reads the clock anew: to be called by whoever has waited for something else than this runtime's own timers. */
  readonly tick: () => void;
}

/**
 * What a call's layers do in one go happens at one time, and costs one reading of the clock instead of one for each
 * layer. On Workers the clock moves only with I/O anyway.
 */
export function steady({ now, random, sleep, after }: TimerRuntime): SteadyRuntime {
  let time = now();
  const tick = () => void (time = now());
  return {
    now: () => time,
    tick,
    random,
    sleep: (ms, signal) => sleep(ms, signal).finally(tick),
    after: (ms, run) =>
      after(ms, () => {
        tick();
        run();
      }),
  };
}
