import { RUN, type RunConfig } from "./failure-run.ts";
import { RECOVERY, type RecoveryConfig } from "./recovery.ts";
import { TRIP, type TripConfig } from "./trip-rules.ts";

export interface BreakerConfig extends TripConfig, RunConfig, RecoveryConfig {
  /** Length of the history for rates, ms (Hystrix and Linkerd: 10 s). */
  readonly window: number;
  /** A try that takes at least this many ms is slow, however long it may take. */
  readonly slowAfter: number;
  /**
   * A try that takes at least this share of its time limit is slow, too: most limits are 0.5 to 2 s, and what takes
   * longer than the limit is a timeout. The last fifth is where a little more load turns answers into timeouts.
   */
  readonly slowShare: number;
  /** Retries and hedges are suspended from this share of unsuccessful calls on ... */
  readonly suspendRate: number;
  /** ... with at least this many calls (Linkerd's minimum; suspending is cheap, so a small sample will do). */
  readonly suspendMinCalls: number;
}

export const BREAKER: BreakerConfig = {
  ...TRIP,
  ...RUN,
  ...RECOVERY,
  window: 10_000,
  slowAfter: 5_000,
  slowShare: 0.8,
  suspendRate: 0.5,
  suspendMinCalls: 5,
};
