import type { EventTypes, MountedOperation } from "@weft/mesh";
import type { Aggregate } from "../event-sourcing/aggregate.ts";
import { loggedEventOf, readLoggedEvent } from "./logged-event.ts";
import { eventLogOf, readLog } from "./read-log.ts";

/** The part of a contract that publishing and subscribing need. */
export interface EventSource<E extends EventTypes = EventTypes> {
  readonly name: string;
  readonly events: E;
  readonly readers: readonly string[];
}

/** A service's events and who gets them. */
export interface Publisher<E extends EventTypes = EventTypes> {
  readonly contract: EventSource<E>;
  /** For each queue binding the event types that go there. */
  readonly to: Readonly<Record<string, "all" | readonly (keyof E & string)[]>>;
  /** Days that events stay in the log; undefined for ever. */
  readonly keep: number | undefined;
  /** The aggregates that are made of the log's events. */
  readonly sourced: readonly Pick<Aggregate<never, E>, "apply">[];
  /** `GET /internal/events`, for subscribers that missed something. */
  readonly log: MountedOperation;
  /** `GET /internal/events/:id`, for data that is too large for a message. */
  readonly event: MountedOperation;
}

export interface PublisherOptions<E extends EventTypes> {
  /** One queue per subscriber, by the name of its producer binding. */
  to: Readonly<Record<string, "all" | readonly (keyof E & string)[]>>;
  /**
   * Days that events stay in the log, at least; default for ever. New subscribers and rebuilds find what is there: a
   * reader that is further behind gets EVENTS_GONE.
   */
  keep?: number;
  /** The aggregates that are made of the log's events: their subjects stay for ever. */
  sourced?: readonly Pick<Aggregate<never, E>, "apply">[];
}

export function publisher<E extends EventTypes>(
  contract: EventSource<E>,
  { to, keep, sourced = [] }: PublisherOptions<E>,
): Publisher<E> {
  const { name, readers } = contract;
  return {
    contract,
    to,
    keep,
    sourced,
    log: { operation: eventLogOf(name, readers), handler: readLog(name) },
    event: { operation: loggedEventOf(name, readers), handler: readLoggedEvent(name) },
  };
}
