import type { Operation } from "../contract/operation.ts";
import type { Context } from "../context/context.ts";

/** Anything that can carry a request to a service: a service binding, an HTTP instance, a function in a test. */
export interface Transport {
  fetch(request: Request): Promise<Response>;
}

/** One call on its way out. Layers pass changed copies on; they never mutate it. */
export interface Outbound {
  readonly operation: Operation;
  readonly input: unknown;
  readonly context: Context;
  readonly transport: Transport;
  /** The caller's own limit for the whole call in ms; the operation's timeout applies if it is shorter. */
  readonly timeout: number | undefined;
  /** What to answer instead of failing. */
  readonly fallback: ((error: unknown) => unknown) | undefined;
  /** 1 for the first try. */
  readonly attempt: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Decoded JSON, or the raw stream of a streaming operation. */
  readonly body: unknown;
  /** The answer is a fallback. */
  readonly degraded: boolean;
}

export type OutboundNext = (call: Outbound) => Promise<Answer>;
export type OutboundLayer = (next: OutboundNext) => OutboundNext;
