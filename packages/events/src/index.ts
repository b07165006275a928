export { type Command, commandsOf, type CommandTarget, type SendOptions } from "./commands/command.ts";
export type { TaskRetry } from "./commands/retry.ts";
export {
  type TaskContext,
  type TaskHandlers,
  taskQueue,
  type TaskQueueOptions,
} from "./commands/task-queue.ts";
export { type CatchUp, type CatchUpOptions } from "./subscription/catch-up.ts";
export {
  database,
  type DatabaseOptions,
  type DatabaseResources,
  type Transact,
  transact,
} from "./database/database.ts";
export { Session } from "./database/session.ts";
export { type Aggregate, applyEvent, type SourcedEvent } from "./event-sourcing/aggregate.ts";
export { append, type AppendOptions } from "./event-sourcing/append.ts";
export { load, type Loaded, sourcedEvent } from "./event-sourcing/load.ts";
export { bindingTo } from "./log/binding.ts";
export { Envelope, sourceOf, toEnvelope } from "./log/envelope.ts";
export type { EventRow } from "./log/log-row.ts";
export { loggedEventOf } from "./log/logged-event.ts";
export { openEvent } from "./log/open-event.ts";
export { eventLogOf, LogPage } from "./log/read-log.ts";
export { type EventSource, type Publisher, publisher, type PublisherOptions } from "./log/publisher.ts";
export { copies } from "./projection/copies.ts";
export {
  project,
  type Projected,
  type Projection,
  projection,
  type Tables,
  type Writer,
} from "./projection/definition.ts";
export { type Projections, projections, type ProjectionsOptions } from "./projection/projections.ts";
export { relay } from "./log/relay.ts";
export { type EventContext, type EventHandlers, on, type Subscription } from "./subscription/subscription.ts";
export {
  subscriptions,
  type SubscriptionResources,
  type SubscriptionsOptions,
} from "./subscription/subscriptions.ts";
export type { AnyDatabase, Statement, Tx } from "./database/unit-of-work.ts";
