import type { Context } from "./context/context.ts";
import type { Check } from "./health.ts";
import type { Operation } from "./contract/operation.ts";

/** The surroundings that a piece of work runs in: a call, a queue message or a cron run. */
export interface Scope {
  /** Name of this service. */
  readonly service: string;
  /** The Worker's bindings. */
  readonly env: unknown;
  readonly context: Context;
  /** What was called; undefined for queue and cron work. */
  readonly operation?: Operation;
  /** Name of the Worker that called; this service's own name for queue and cron work. */
  readonly caller: string;
  /** Lets work go on after the answer (at most 30 s on Workers). */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** What one part of a service's equipment adds: resources for handlers, a layer around them, queue and cron work. */
export interface Plugin<R extends object = object> {
  /** Built once for each piece of work and merged into what handlers get. `work` opens further pieces beside this one. */
  readonly resources?: (scope: Scope, work: Work) => R;
  /** Runs around every handler, inside validation. */
  readonly layer?: InboundLayer;
  /** Operations that this part brings along, such as the event log's. Their routes are `/internal/...`. */
  readonly operations?: readonly MountedOperation[] | ((service: string) => readonly MountedOperation[]);
  /** What must work for the service to be healthy. */
  readonly checks?: (scope: Scope) => Record<string, Check>;
  readonly queue?: (batch: MessageBatch, work: Work) => Promise<void>;
  readonly scheduled?: (controller: ScheduledController, work: Work) => Promise<void>;
}

/** Opens a scope of its own for a piece of work that is not a call, such as a queue message or a cron run; `resources` come from all the service's plugins. */
export interface Work {
  readonly open: (context?: Context) => Inbound;
}

/** A call (or message) on its way in, with what its handler may use. */
export interface Inbound {
  readonly scope: Scope;
  /** Undefined for queue and cron work. */
  readonly operation: Operation | undefined;
  readonly request: Request | undefined;
  readonly params: Record<string, string>;
  readonly input: unknown;
  readonly resources: Record<string, unknown>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

export type InboundNext = (call: Inbound) => Promise<Reply>;
export type InboundLayer = (next: InboundNext) => InboundNext;

export interface MountedOperation {
  readonly operation: Operation;
  readonly handler: (context: never) => unknown;
}

/** Everything that the plugins of a list provide, as one type. */
export type ResourcesOf<P extends readonly Plugin[]> = Intersection<
  { [K in keyof P]: P[K] extends Plugin<infer R> ? R : never }[number]
>;

type Intersection<U> = (U extends unknown ? (part: U) => void : never) extends (all: infer I) => void
  ? I
  : never;
