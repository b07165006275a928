import { bindingName, type Plugin } from "@weft/mesh";
import { bindingTo, type CatchUp, catchUp } from "./catch-up.ts";
import { consume } from "./consumer.ts";
import type { Subscription } from "./subscription.ts";

export interface SubscriptionsOptions<R> {
  /** The subscriber's name in its log lines. */
  name: string;
  from: readonly Subscription<R>[];
}

export interface SubscriptionResources {
  /** Reads what the queue has not brought yet from the publisher's log, for answers that must be up to date. */
  catchUp: CatchUp;
}

/** The catch-up by cron has all the time that it needs. */
const IN_BACKGROUND = { limit: 10_000, timeout: 20_000, retry: true };

/**
 * Events of other services, from this service's queue and, where there is a binding to the publisher, from its log.
 * Each event's effect happens exactly once, in the batch that also notes it in the inbox; effects outside this
 * service's database happen at least once. Needs `database()` before it.
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
        return catchUp(name, scope, work, subscription, publisher, options);
      },
    }),
    async queue(batch, work) {
      // A Worker may have other queues as well, such as the one that wakes it for tasks.
      if (batch.queue.endsWith("-events")) await consume(batch, work, name, all);
    },
    async scheduled(_, work) {
      const { scope } = work.open();
      for (const subscription of all) {
        const publisher = bindingTo(scope, subscription);
        if (publisher) await catchUp(name, scope, work, subscription, publisher, IN_BACKGROUND);
      }
    },
  };
}
