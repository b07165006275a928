import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type Answer,
  contract,
  command,
  invoke,
  newTrace,
  outbound,
  type OutboundNext,
  rootContext,
} from "@weft/mesh";
import * as z from "zod";
import type { Measured } from "../../bench.ts";
import { median } from "../../lib/load.ts";

const ROUNDS = 5;
const CALLS = 50_000;
/** Time limit of a call, the same for all, ms. */
const TIMEOUT = 5_000;
const LIMIT = 100;

type Call = () => Promise<unknown>;

const input = z.object({ id: z.string() });
// No query: neither of the others hedges.
const { get } = contract("shop", {
  get: command("POST /internal/things/:id", { input, output: input, idempotent: true, allow: [] }),
}).operations;

const answer: Answer = { status: 200, headers: new Headers(), body: { id: "1" }, degraded: false };
const noTransport = { fetch: () => Promise.reject(new Error("not used")) };

function weft(carry: OutboundNext): Call {
  const path = outbound({ carry });
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
  CountBreaker: new (options: object) => unknown;
}

function cockatiel(library: Cockatiel): Call {
  const { handleAll } = library;
  const policy = library.wrap(
    library.fallback(handleAll, answer),
    library.retry(handleAll, { maxAttempts: 2, backoff: new library.ExponentialBackoff() }),
    library.timeout(TIMEOUT, "aggressive"),
    library.circuitBreaker(handleAll, {
      halfOpenAfter: 1_000,
      breaker: new library.CountBreaker({ threshold: 0.95, size: 100 }),
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
    resetTimeout: 1_000,
  });
  breaker.fallback(() => answer);
  return Object.assign(() => breaker.fire(), { end: () => breaker.shutdown() });
}

/** The libraries to compare with have a lock file of their own: nobody but this benchmark installs them. */
async function peer(name: string, entry: string): Promise<unknown> {
  const folder = join(import.meta.dirname, "..", "peers");
  if (!existsSync(join(folder, "node_modules"))) {
    const { status, stderr } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder });
    if (status !== 0) throw new Error(`installing the libraries to compare with failed\n${String(stderr)}`);
  }
  return import(pathToFileURL(join(folder, "node_modules", name, entry)).href);
}

async function rate(call: Call): Promise<number> {
  const began = performance.now();
  for (let n = 0; n < CALLS; n++) await call();
  return (CALLS / (performance.now() - began)) * 1_000;
}

/** Operations per second of the whole stack around a transport that does nothing, beside other libraries' policies. */
export async function pure(): Promise<Measured[]> {
  const other = opossum(((await peer("opossum", "index.js")) as { default: Opossum }).default);
  const calls = {
    weft: weft(async () => answer),
    timed: weft(async () => {
      // What a transport over a binding does besides.
      AbortSignal.timeout(TIMEOUT);
      return answer;
    }),
    cockatiel: cockatiel((await peer("cockatiel", "dist/index.js")) as Cockatiel),
    opossum: other,
  };
  const rates: Record<string, number[]> = { weft: [], timed: [], cockatiel: [], opossum: [] };
  for (let round = 0; round <= ROUNDS; round++)
    for (const [name, call] of Object.entries(calls)) {
      const found = await rate(call);
      // The first round warms all of them up.
      if (round > 0) rates[name]?.push(found);
    }
  other.end();
  const of = (name: string) => median(rates[name] ?? []);
  const row = (name: string, beside: string): Measured => {
    const ratio = of(name) / of(beside);
    const metric = `${name === "weft" ? "whole stack" : "whole stack, a timer for each try"} against ${beside}`;
    const goal = name === "weft" ? { goal: ">= 3", met: ratio >= 3 } : {};
    return { metric, value: of(name), unit: "calls/s", baseline: of(beside), ratio, ...goal };
  };
  return [
    row("weft", "cockatiel"),
    row("weft", "opossum"),
    row("timed", "cockatiel"),
    row("timed", "opossum"),
  ];
}
