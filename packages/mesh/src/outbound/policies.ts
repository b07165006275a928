import { BREAKER, type BreakerConfig } from "../resilience/breaker-config.ts";
import { BULKHEAD, type BulkheadConfig } from "../resilience/bulkhead.ts";
import { THROTTLE, type ThrottleConfig } from "../resilience/throttle.ts";

export interface RetryPolicy {
  /** Tries per call, the first one included (gRPC A6 and the AWS SDK: 3). */
  readonly attempts: number;
  /** Size of the retry budget (reference/saga-resilience.md 6.2: 4; see RetryBudget). */
  readonly tokens: number;
  /** What a success gives back to the budget (gRPC A6). */
  readonly tokensPerSuccess: number;
}

export interface HedgePolicy {
  /** A second request leaves when the first takes longer than this share of the recent ones (Dean & Barroso, "The Tail at Scale": p95). */
  readonly quantile: number;
  /** Never sooner than this, ms: the quantile of quick calls is noise of the clock, and a hedge costs more than it saves. */
  readonly minDelay: number;
}

/** The protections of a call path and their numbers; `false` turns one off. */
export interface Policies {
  readonly retry: RetryPolicy | false;
  readonly hedge: HedgePolicy | false;
  /** Local breaker; without it the region's verdict has no effect either. */
  readonly circuit: Partial<BreakerConfig> | false;
  /** Shares what isolates see through the region's verdict. */
  readonly region: boolean;
  readonly bulkhead: Partial<BulkheadConfig> | false;
  readonly throttle: Partial<ThrottleConfig> | false;
}

/** What a single call can go without. Not `region`: its verdict is the circuit's, which all calls share. */
export type Feature = Exclude<keyof Policies, "region">;

export const POLICIES: Policies = {
  retry: { attempts: 3, tokens: 4, tokensPerSuccess: 0.1 },
  hedge: { quantile: 0.95, minDelay: 20 },
  circuit: BREAKER,
  region: true,
  bulkhead: BULKHEAD,
  throttle: THROTTLE,
};
