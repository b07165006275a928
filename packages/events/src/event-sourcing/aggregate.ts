import type { EventTypes } from "@weft/mesh";
import type * as z from "zod";
import type { EventSource } from "../log/publisher.ts";

/** An event as an aggregate sees it, its data as the newest version of the type. */
export interface SourcedEvent<T extends string = string, D = unknown> {
  readonly type: T;
  readonly subject: string;
  /** Position among the events of the subject, from 1. */
  readonly version: number;
  /** ms since the epoch */
  readonly time: number;
  readonly data: D;
}

/** How the state of one thing follows from its events. Nothing but the events decides: no clock, no database. */
export interface Aggregate<S, E extends EventTypes = EventTypes> {
  readonly name: string;
  /** The service's own contract. */
  readonly contract: EventSource<E>;
  /** Before the first event. States are JSON. */
  readonly initial: S;
  /** The state after an event; types that are not named leave it as it is. */
  readonly apply: {
    readonly [T in keyof E & string]?: (state: S, event: SourcedEvent<T, z.output<E[T]>>) => S;
  };
  /** Left out: every load reads all events. */
  readonly snapshots?: {
    /** One is taken after every so many events of a subject. */
    readonly every: number;
    /** Version of the state's shape: raise it with every change of `S` or `apply`, and older snapshots are passed over. */
    readonly version: number;
  };
}

/** The state after one more event. */
export function applyEvent<S, E extends EventTypes>(
  { apply }: Aggregate<S, E>,
  state: S,
  event: SourcedEvent,
): S {
  const step = Object.hasOwn(apply, event.type) ? apply[event.type] : undefined;
  return step ? step(state, event as never) : state;
}
