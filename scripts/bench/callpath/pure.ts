import {
  type Answer,
  contract,
  command,
  invoke,
  newTrace,
  outbound,
  type Policies,
  rootContext,
} from "@weft/mesh";
import * as z from "zod";
import type { Measured } from "../../bench.ts";
import { median } from "../../lib/load.ts";
import { scaled } from "../../lib/scaled.ts";
import { importPeer } from "../../lib/peers.ts";

const ROUNDS = 5;
const CALLS = scaled(50_000);
/** Time limit of a call, the same for all, ms. */
const TIMEOUT = 5_000;
const LIMIT = 100;
/** History of a circuit, ms. */
const WINDOW = 10_000;

type Call = () => Promise<unknown>;

const input = z.object({ id: z.string() });
// No query: neither of the others hedges.
const { get } = contract("shop", {
  get: command("POST /internal/things/:id", { input, output: input, idempotent: true, allow: [] }),
}).operations;

const answer: Answer = { status: 200, headers: new Headers(), body: { id: "1" }, degraded: false };
const noTransport = { fetch: () => Promise.reject(new Error("not used")) };

function weft(policies: Partial<Policies> = {}): Call {
  const path = outbound({ carry: async () => answer, policies });
  const context = rootContext(newTrace());
  const options = { timeout: TIMEOUT, fallback: () => answer.body };
  return () => invoke(get, { id: "1" }, noTransport, context, options, path);
}

interface Cockatiel {
  [name: string]: unknown;
  wrap(...policies: unknown[]): { execute(run: Call): Promise<unknown> };
  fallback(policy: unknown, value: unknown): unknown;
  retry(policy: unknown, options: object): unknown;
  timeout(ms: number, strategy: string): unknown;
  circuitBreaker(policy: unknown, options: object): unknown;
  bulkhead(limit: number): unknown;
  handleAll: unknown;
  ExponentialBackoff: new () => unknown;
  SamplingBreaker: new (options: object) => unknown;
}

function cockatiel(library: Cockatiel): Call {
  const { handleAll } = library;
  const policy = library.wrap(
    library.fallback(handleAll, answer),
    library.retry(handleAll, { maxAttempts: 2, backoff: new library.ExponentialBackoff() }),
    library.timeout(TIMEOUT, "aggressive"),
    library.circuitBreaker(handleAll, {
      halfOpenAfter: 1_000,
      breaker: new library.SamplingBreaker({ threshold: 0.95, duration: WINDOW, minimumRps: 2 }),
    }),
    library.bulkhead(LIMIT),
  );
  return () => policy.execute(async () => answer);
}

type Opossum = new (
  run: Call,
  options: object,
) => { fire(): Promise<unknown>; fallback(value: () => unknown): void; shutdown(): void };

function opossum(Breaker: Opossum): Call & { end(): void } {
  const breaker = new Breaker(async () => answer, {
    timeout: TIMEOUT,
    capacity: LIMIT,
    errorThresholdPercentage: 95,
    rollingCountTimeout: WINDOW,
    volumeThreshold: 20,
    // Nobody listens; with them every second's latencies would be sorted.
    enableSnapshots: false,
    resetTimeout: 1_000,
  });
  breaker.fallback(() => answer);
  return Object.assign(() => breaker.fire(), { end: () => breaker.shutdown() });
}

async function rate(call: Call): Promise<number> {
  const began = performance.now();
  for (let n = 0; n < CALLS; n++) await call();
  return (CALLS / (performance.now() - began)) * 1_000;
}

/** What each of the others cannot do is switched off for a row of its own, as far as it can be. */
const LIKE_COCKATIEL: Partial<Policies> = { hedge: false, throttle: false, region: false };
const LIKE_OPOSSUM: Partial<Policies> = { ...LIKE_COCKATIEL, retry: false };

/**
 * Operations per second of the whole stack around a call that does nothing, beside other libraries' policies around
 * the same. All have a fallback, a time limit with a timer for each call, a circuit over 10 s and a concurrency limit;
 * only opossum and we count. Validation, span ids, records, depth and hops are always on here, and in neither of them.
 */
export async function pure(): Promise<Measured[]> {
  const other = opossum(((await importPeer("opossum", "index.js")) as { default: Opossum }).default);
  const calls = {
    whole: weft(),
    likeCockatiel: weft(LIKE_COCKATIEL),
    likeOpossum: weft(LIKE_OPOSSUM),
    cockatiel: cockatiel((await importPeer("cockatiel", "dist/index.js")) as Cockatiel),
    opossum: other,
  };
  type Name = keyof typeof calls;
  const rates: Record<Name, number[]> = {
    whole: [],
    likeCockatiel: [],
    likeOpossum: [],
    cockatiel: [],
    opossum: [],
  };
  for (let round = 0; round <= ROUNDS; round++)
    for (const name of Object.keys(calls) as Name[]) {
      const found = await rate(calls[name]);
      // The first round warms all of them up.
      if (round > 0) rates[name].push(found);
    }
  other.end();
  const row = (metric: string, name: Name, beside: Name): Measured => {
    const [value, baseline] = [median(rates[name]), median(rates[beside])];
    const ratio = value / baseline;
    const goal = name === "whole" ? { goal: ">= 3", met: ratio >= 3 } : {};
    return { metric, value, unit: "calls/s", baseline, ratio, ...goal };
  };
  return [
    row("whole stack / cockatiel (cannot hedge, throttle, trace, validate, count)", "whole", "cockatiel"),
    row("only what cockatiel has, with ids and records / cockatiel", "likeCockatiel", "cockatiel"),
    row("whole stack / opossum (cannot retry, hedge, throttle, trace, validate)", "whole", "opossum"),
    row("only what opossum has, with ids and records / opossum", "likeOpossum", "opossum"),
  ];
}
