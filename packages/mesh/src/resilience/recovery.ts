export interface RecoveryConfig {
  /** Open waits in ms, the last one repeated. Short, because there is one prober per circuit, not one per caller. */
  readonly openWaits: readonly number[];
  /** Each wait is spread by this share up and down, but never above the longest of `openWaits`. */
  readonly jitter: number;
  /** Successful probes in a row before traffic is let in. */
  readonly probes: number;
  /** A probe that has not come back after this many ms counts as failed, so that a lost one cannot block recovery. */
  readonly lease: number;
  /** Shares of the traffic let in one after the other; empty = everything at once. */
  readonly ramp: readonly number[];
  /** Length of one step of the ramp, ms. */
  readonly rampStep: number;
  /** Opens again when this share of the ramp's calls fails ... */
  readonly rampFailureRate: number;
  /** ... but not before this many calls ended. */
  readonly rampMinCalls: number;
}

/**
 * reference/saga-resilience.md 6.3: waits 1, 2, 4, 5 s (a cap of 30 s made recovery take 30-50 s in simulation),
 * 3 successes, ramp 12.5/25/50/100 % at 1 s. The lease is twice a slow call's usual time limit.
 */
export const RECOVERY: RecoveryConfig = {
  openWaits: [1_000, 2_000, 4_000, 5_000],
  jitter: 0.2,
  probes: 3,
  lease: 5_000,
  ramp: [0.125, 0.25, 0.5, 1],
  rampStep: 1_000,
  rampFailureRate: 0.5,
  rampMinCalls: 3,
};

/** The share of traffic that a ramp which began at `since` lets in. */
export function rampFraction({ ramp, rampStep }: RecoveryConfig, since: number, now: number): number {
  return ramp[Math.max(0, Math.floor((now - since) / rampStep))] ?? 1;
}

/** The wait before the first probe after the `opening`-th opening in a row (1 = first), ms. */
export function openWait({ openWaits, jitter }: RecoveryConfig, opening: number, draw: number): number {
  const longest = openWaits.at(-1) ?? 0;
  const wait = openWaits[opening - 1] ?? longest;
  return Math.min(longest, wait * (1 + jitter * (2 * draw - 1)));
}
