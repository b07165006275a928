import { RUN, type RunConfig } from "./failure-run.ts";
import { RECOVERY, type RecoveryConfig } from "./recovery.ts";
import { TRIP, type TripConfig } from "./trip-rules.ts";

export interface BreakerConfig extends TripConfig, RunConfig, RecoveryConfig {
  /** Length of the history for rates, ms (Hystrix and Linkerd: 10 s). */
  readonly window: number;
  /** A call that takes at least this many ms is slow: half of the 10 s that a try may take. */
  readonly slowAfter: number;
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
  suspendRate: 0.5,
  suspendMinCalls: 5,
};
