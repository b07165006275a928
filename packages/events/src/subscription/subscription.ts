import type { Context, EventTypes, Scope } from "@weft/mesh";
import type * as z from "zod";
import type { Envelope } from "../log/envelope.ts";
import type { EventSource } from "../log/publisher.ts";

/** What an event's handler gets: the event and what the service's plugins provide. Writes go through `tx`. */
export type EventContext<R, T extends string = string, D = unknown> = R & {
  readonly event: Envelope<T, D>;
  readonly scope: Scope;
  readonly context: Context;
};

/** What to do with each type of event. Types that are not named are passed over. */
export type EventHandlers<E extends EventTypes, R> = {
  readonly [T in keyof E & string]?: (context: EventContext<R, T, z.output<E[T]>>) => unknown;
};

/** One publisher's events, as a subscriber handles them. */
export interface Subscription<R = unknown> {
  readonly contract: EventSource;
  readonly handlers: Readonly<
    Record<string, ((context: EventContext<R, never, never>) => unknown) | undefined>
  >;
  readonly ordered: boolean;
}

export interface SubscriptionOptions {
  /**
   * Applies an event only after all earlier ones of its subject. If one cannot be applied, its subject waits until it
   * is, or an operator has settled it; others go on. Needs a binding to the publisher, whose log fills the gaps: mostly
   * one more call for each subject, where the publisher has types that are not sent here.
   */
  ordered?: boolean;
}

export function on<E extends EventTypes, R = unknown>(
  contract: EventSource<E>,
  handlers: EventHandlers<E, R>,
  { ordered = false }: SubscriptionOptions = {},
): Subscription<R> {
  return { contract, handlers: handlers as Subscription<R>["handlers"], ordered };
}
