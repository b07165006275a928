import type { EventTypes, MountedOperation } from "@weft/mesh";
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
  /** `GET /internal/events`, for subscribers that missed something. */
  readonly log: MountedOperation;
  /** `GET /internal/events/:id`, for data that is too large for a message. */
  readonly event: MountedOperation;
}

export interface PublisherOptions<E extends EventTypes> {
  /** One queue per subscriber, by the name of its producer binding. */
  to: Readonly<Record<string, "all" | readonly (keyof E & string)[]>>;
}

export function publisher<E extends EventTypes>(
  contract: EventSource<E>,
  { to }: PublisherOptions<E>,
): Publisher<E> {
  const { name, readers } = contract;
  return {
    contract,
    to,
    log: { operation: eventLogOf(name, readers), handler: readLog(name) },
    event: { operation: loggedEventOf(name, readers), handler: readLoggedEvent(name) },
  };
}
