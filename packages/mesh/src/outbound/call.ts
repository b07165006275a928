import type { Context } from "../context/context.ts";
import type { Operation } from "../contract/operation.ts";
import type { Ending } from "./ending.ts";
import type { Feature } from "./policies.ts";

/** Anything that can carry a request to a service: a service binding, an HTTP instance, a function in a test. */
export interface Transport {
  fetch(request: Request): Promise<Response>;
}

/** The Worker that a call is made from: its bindings, and a way to go on after the answer. */
export interface Host {
  /** Name of the calling service. */
  readonly service: string;
  readonly env: unknown;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/**
 * One call on its way out. It and its context are made for this call alone, and layers write into them what those
 * below should see. A layer that may send the call more than once sends copies (`copyOf`).
 */
export interface Outbound {
  readonly operation: Operation;
  input: unknown;
  /** The input needs no check: somebody in this isolate has parsed it. */
  readonly parsed: boolean;
  readonly context: { -readonly [K in keyof Context]: Context[K] };
  readonly transport: Transport;
  /** The caller's own limit for the whole call in ms; the operation's timeout applies if it is shorter. */
  readonly timeout: number | undefined;
  /** What to answer instead of failing. */
  readonly fallback: ((error: unknown) => unknown) | undefined;
  /** Protections that this call goes without. */
  readonly off: readonly Feature[] | undefined;
  readonly host: Host | undefined;
  /** 1 for the first try. */
  attempt: number;
  /** The one call that finds out whether a failing callee has recovered: nothing below the circuit may shed it. */
  probe: boolean;
  /** Lets the layer that sent this try end it. */
  ending: Ending | undefined;
}

/** The call once more, from where it is now. */
export function copyOf(call: Outbound): Outbound {
  return { ...call, context: { ...call.context } };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Decoded JSON, or the raw stream of a streaming operation. */
  readonly body: unknown;
  /** The version of the callee that gave it, if it says. */
  readonly version?: string | undefined;
  /** The answer is a fallback. */
  readonly degraded: boolean;
}

export type OutboundNext = (call: Outbound) => Promise<Answer>;
export type OutboundLayer = (next: OutboundNext) => OutboundNext;
