import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface LoadOptions {
  url: string;
  headers?: Record<string, string>;
  /** JSON to POST; without it, it is a GET. */
  body?: string;
  /** Requests in flight at a time. */
  connections: number;
  /** Requests in all. */
  requests: number;
  /** No request is begun later than this, ms. */
  limit?: number;
  /** Least time between two requests of one connection, ms; without it, each follows the answer to the one before. */
  every?: number;
}

export interface LoadResult {
  /** How many were made. */
  requests: number;
  /** Requests per second. */
  rate: number;
  p50: number;
  p99: number;
  /** Answers that were not 2xx. */
  failures: number;
}

/** A bounded closed-loop load over kept-alive connections to this machine. */
export async function load({
  url,
  headers,
  body,
  connections,
  requests,
  limit,
  every = 0,
}: LoadOptions): Promise<LoadResult> {
  if (!["127.0.0.1", "localhost"].includes(new URL(url).hostname))
    throw new Error(`${url} is not on this machine.`);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  let failures = 0;
  let started = 0;

  const json = body === undefined ? {} : { "content-type": "application/json" };
  const how = { method: body === undefined ? "GET" : "POST", headers: { ...json, ...headers } };
  const once = () =>
    new Promise<void>((resolve, reject) => {
      const began = performance.now();
      const sent = request(url, { agent, ...how }, (response) => {
        response.resume();
        response.on("end", () => {
          times.push(performance.now() - began);
          if ((response.statusCode ?? 500) >= 300) failures++;
          resolve();
        });
      });
      sent.on("error", reject);
      sent.end(body);
    });
  const began = performance.now();
  const end = began + (limit ?? Number.POSITIVE_INFINITY);
  const worker = async () => {
    while (started++ < requests && performance.now() < end) {
      const next = performance.now() + every;
      await once();
      const pause = next - performance.now();
      if (pause > 0) await sleep(pause);
    }
  };

  await Promise.all(Array.from({ length: connections }, worker));
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  return {
    requests: times.length,
    rate: times.length / seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    failures,
  };
}

/** Of ascending numbers. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export function median(numbers: readonly number[]): number {
  return quantile(
    numbers.toSorted((a, b) => a - b),
    0.5,
  );
}
