export { type CatchUp, type CatchUpOptions } from "./catch-up.ts";
export {
  database,
  type DatabaseOptions,
  type DatabaseResources,
  type Transact,
  transact,
} from "./database.ts";
export { Envelope, type EventRow, sourceOf, toEnvelope } from "./envelope.ts";
export { eventLogOf, LogPage } from "./log.ts";
export { type EventSource, type Publisher, publisher, type PublisherOptions } from "./publisher.ts";
export { relay } from "./relay.ts";
export { type EventContext, type EventHandlers, on, type Subscription } from "./subscription.ts";
export { subscriptions, type SubscriptionResources, type SubscriptionsOptions } from "./subscriptions.ts";
export type { AnyDatabase, Statement, Tx } from "./unit-of-work.ts";
