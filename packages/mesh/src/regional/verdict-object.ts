import type { Outcome } from "../resilience/outcome.ts";
import type { ReportBucket } from "../resilience/reporter.ts";
import type { CircuitStatus } from "../resilience/circuit-breaker.ts";
import type { Verdict } from "../resilience/verdict.ts";

/** What an isolate tells its region about one circuit. */
export interface Report {
  /** Names the isolate. */
  readonly reporter: string;
  /** The service that it is an isolate of. */
  readonly service: string;
  readonly buckets: readonly ReportBucket[];
  readonly status: CircuitStatus;
  /** How many of its calls have waited for the region's object so far. */
  readonly awaited: number;
}

export interface LeaseAnswer {
  /** Number of the lease for `settle`; missing if another isolate is probing. */
  readonly lease?: number;
  readonly verdict: Verdict;
}

/** The region's object for one circuit; every method takes its name, since the object cannot be trusted to know it. */
export interface VerdictObject {
  report(name: string, report: Report): Promise<Verdict>;
  lease(name: string): Promise<LeaseAnswer>;
  settle(name: string, lease: number, outcome: Outcome): Promise<Verdict>;
}

/** The part of a Durable Object namespace that is needed. */
export interface ObjectNamespace {
  idFromName(name: string): unknown;
  get(id: never): { fetch(url: string, init: RequestInit): Promise<Response> };
}

/** A region that does not answer within this time, ms, has no verdict. */
const PATIENCE = 1_000;

/** Calls a method of an itty-durable object, as that library's own proxy would: the arguments travel in a header. */
export async function callObject<T>(
  namespace: ObjectNamespace,
  method: string,
  name: string,
  ...args: unknown[]
): Promise<T> {
  const stub = namespace.get(namespace.idFromName(name) as never);
  const answer = await stub.fetch(`https://itty-durable/do/call/${method}`, {
    headers: { "do-content": JSON.stringify([name, ...args]) },
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!answer.ok) throw new Error(`${name}.${method} answered ${answer.status}: ${await answer.text()}`);
  return answer.status === 204 ? (undefined as T) : answer.json<T>();
}
