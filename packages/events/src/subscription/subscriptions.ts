import { bindingName, type Plugin } from "@weft/mesh";
import { ne } from "drizzle-orm";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { deadLetterOperations } from "../dead-letters/operations.ts";
import type { Backlog } from "../backlog/contract.ts";
import { subscriptionLag } from "../backlog/subscription-lag.ts";
import type { Appliance } from "../dead-letters/desk.ts";
import { TASKS } from "../dead-letters/letter.ts";
import { purge } from "../dead-letters/record.ts";
import { deadLetters } from "../dead-letters/schema.ts";
import { applianceOf } from "./appliance.ts";
import { bury, isDeadLetterQueue } from "./bury.ts";
import { type CatchUp, catchUp } from "./catch-up.ts";
import { consume } from "./consumer.ts";
import { goOnWithAll } from "./in-order.ts";
import { bindingTo } from "../log/binding.ts";
import { trimInbox } from "../retention/inbox.ts";
import { sourceOf } from "../log/envelope.ts";
import type { Subscription } from "./subscription.ts";

export interface SubscriptionsOptions<R> {
  /** The subscriber's name: the service's. */
  name: string;
  from: readonly Subscription<R>[];
}

export interface SubscriptionResources {
  /** Reads what the queue has not brought yet from the publisher's log, for answers that must be up to date. */
  catchUp: CatchUp;
  /** How far each subscription is behind. */
  subscriptionLags: () => Promise<Backlog["subscriptions"]>;
  /** What the operators' operations work with. */
  deadLetters: Appliance;
}

/** The catch-up by cron has all the time that it needs. */
const IN_BACKGROUND = { limit: 10_000, timeout: 20_000, retry: true };

/**
 * Events of other services, from this service's queue and, where there is a binding to the publisher, from its log.
 * Each event's effect happens exactly once, in the batch that also notes it in the inbox; effects outside this
 * service's database happen at least once. What cannot be applied ends as a dead letter, after its retries. Needs
 * `database()` before it, and the tables of a subscriber in its schema.
 */
export function subscriptions<R extends object>({
  name,
  from,
}: SubscriptionsOptions<R>): Plugin<SubscriptionResources> {
  // Handlers get what the plugins provide at run time; `R` has been checked where they were written.
  const all = from as readonly Subscription[];
  return {
    resources: (scope, work) => ({
      catchUp(source, options) {
        const subscription = all.find(({ contract }) => contract.name === source);
        if (!subscription) throw new TypeError(`${name} has no subscription from ${source}.`);
        const publisher = bindingTo(scope, subscription);
        if (!publisher)
          throw new TypeError(`No service binding ${bindingName(source)}: add it to wrangler.toml.`);
        return catchUp({ subscriber: name, work, subscription }, scope, publisher, options);
      },
      subscriptionLags: () =>
        Promise.all(
          all.map((each) =>
            subscriptionLag(scope, work.open(scope.context).resources.db as AnyDatabase, each),
          ),
        ),
      deadLetters: applianceOf(name, work, all),
    }),
    operations: deadLetterOperations(name),
    async queue(batch, work) {
      // A Worker may have other queues as well, such as the one that wakes it for tasks.
      if (batch.queue.endsWith("-events")) await consume(batch, work, name, all);
      else if (isDeadLetterQueue(batch.queue)) await bury(batch, work, name, all);
    },
    async scheduled(_, work) {
      const { scope, resources } = work.open();
      const behind: string[] = [];
      for (const subscription of all) {
        const applier = { subscriber: name, work, subscription };
        const publisher = bindingTo(scope, subscription);
        const complete = publisher && (await catchUp(applier, scope, publisher, IN_BACKGROUND));
        if (!complete) behind.push(sourceOf(subscription.contract.name));
        if (publisher && subscription.ordered) await goOnWithAll(applier);
      }
      const db = resources.db as AnyDatabase;
      await trimInbox(db, behind, Date.now());
      await purge(db, ne(deadLetters.source, TASKS), Date.now());
    },
  };
}
