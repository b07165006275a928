import { BREAKER, type BreakerConfig } from "../src/resilience/breaker-config.ts";

/** What protects the calls of a simulated fleet. All of them are made of the real modules. */
export interface Policy {
  readonly name: string;
  /** Undefined = no circuit breaker. */
  readonly breaker: Partial<BreakerConfig> | undefined;
  /** Isolates report to their region and follow its verdict. */
  readonly regional: boolean;
  readonly throttle: boolean;
  /** Tries per call. */
  readonly attempts: number;
  /** Size of the retry budget; undefined = unlimited. */
  readonly tokens: number | undefined;
}

const never = Number.POSITIVE_INFINITY;
const base = { breaker: undefined, regional: false, throttle: false, attempts: 1, tokens: undefined };

/** Hystrix: 50 % of at least 20 calls in 10 s; one probe every 5 s; its success closes at once. No retries. */
export const hystrix: Policy = {
  ...base,
  name: "Hystrix per isolate",
  breaker: {
    threshold: never,
    overloadRate: 0.5,
    failureRate: 0.5,
    minCalls: 20,
    openWaits: [5_000],
    jitter: 0,
    probes: 1,
    ramp: [],
  },
};

/** Linkerd: 7 failures in a row; one probe after 1, 2, 4 ... 60 s. No retries, which is its default. */
export const consecutive: Policy = {
  ...base,
  name: "7 consecutive per isolate",
  breaker: {
    significance: 1,
    minCalls: never,
    openWaits: [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000],
    jitter: 0.5,
    probes: 1,
    ramp: [],
  },
};

/** No protection of any kind. */
export const plain: Policy = { ...base, name: "one try, nothing else" };

export const naive: Policy = { ...base, name: "3 tries, no budget", attempts: 3 };

/** The token bucket of gRPC A6 with the size of its example. */
export const grpc: Policy = { ...base, name: "gRPC retries, 10 tokens", attempts: 3, tokens: 10 };

/** Weft's retries without any circuit. */
export const noBreaker: Policy = { ...base, name: "Weft without circuit", attempts: 3, tokens: 4 };

/** No verdict to be had: local layers only. */
export const local: Policy = { ...noBreaker, name: "Weft, no verdict", breaker: BREAKER, throttle: true };

export const weft: Policy = { ...local, name: "Weft", regional: true };

/** Weft without its retries: shows the circuit's harm by itself. */
export const circuitOnly: Policy = { ...weft, name: "Weft without retries", attempts: 1 };
