import type { Priority } from "../resilience/bulkhead.ts";
import type { Consistency } from "./consistency.ts";
import type { Trace } from "./trace.ts";

/** The signed-in user on whose behalf a request runs. */
export interface Principal {
  /** Account id. */
  readonly sub: string;
  readonly scopes: readonly string[];
}

/** Which step of which saga a call belongs to; the participant's fence is keyed by it. */
export interface SagaStep {
  readonly sagaId: string;
  readonly step: string;
  /** 1 for the first try; grows with every retry of the coordinator. */
  readonly attempt: number;
}

/** What travels with a piece of work from hop to hop. */
export interface Context {
  readonly trace: Trace;
  /** When the caller stops waiting, in ms of this isolate's clock. */
  readonly deadline: number | undefined;
  readonly principal: Principal | undefined;
  /** Hops that led here since the request came in, those before a saga's start included. */
  readonly hops: number;
  /** Calls that are waiting for this one, each for the next. */
  readonly depth: number;
  /** An outer layer of the chain is already retrying, so this one must not. */
  readonly retrying: boolean;
  /** Who is served when not everybody can be; unset = what the called operation says of itself. */
  readonly priority: Priority | undefined;
  /** Part of the world that shares its knowledge of the callees' health; unset = not known. */
  readonly region: string | undefined;
  readonly saga: SagaStep | undefined;
  readonly idempotencyKey: string | undefined;
  /** What the caller has seen and written; takes in what this work and its calls do. Undefined where nobody asked. */
  readonly consistency: Consistency | undefined;
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal | undefined;
}

export function rootContext(trace: Trace, parts: Partial<Context> = {}): Context {
  return {
    deadline: undefined,
    principal: undefined,
    hops: 0,
    depth: 0,
    retrying: false,
    priority: undefined,
    region: undefined,
    saga: undefined,
    idempotencyKey: undefined,
    consistency: undefined,
    signal: undefined,
    ...parts,
    trace,
  };
}
