import { describe, log, type Scope, type Transport } from "@weft/mesh";
import type { Applier } from "./attempt.ts";
import { cursorOf, isStuck } from "./cursor.ts";
import { sourceOf } from "../log/envelope.ts";
import { Progress } from "./progress.ts";
import { readPublisherLog } from "./publisher-log.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";

export interface CatchUpOptions {
  /** Most events to read in one call, default 1000. */
  limit?: number;
  /** Longest time to spend, ms, default 5000. */
  timeout?: number;
}

/** An event that could not be applied is tried again by cron, not by every reader. */
export interface BackgroundOptions extends CatchUpOptions {
  retry?: boolean;
}

/**
 * Applies what a publisher (named as its contract is) has logged and this service has not seen yet. Returns whether
 * all of the log is dealt with, dead letters being dealt with as well; false means that answers may be behind: the
 * publisher could not be reached, time or limit were not enough, or an event's handler fails and is still tried.
 */
export type CatchUp = (source: string, options?: CatchUpOptions) => Promise<boolean>;

const PAGE = 100;

/** Never throws. Any number may run at once, beside the queue: the inbox decides who applies an event. */
export async function catchUp(
  applier: Applier,
  scope: Scope,
  publisher: Transport,
  { limit = 1_000, timeout = 5_000, retry = false }: BackgroundOptions = {},
): Promise<boolean> {
  const { subscriber, work, subscription } = applier;
  const source = sourceOf(subscription.contract.name);
  const end = Date.now() + timeout;
  try {
    const db = work.open(scope.context).resources.db as AnyDatabase;
    const cursor = await cursorOf(db, source);
    // Behind an event that cannot be applied only what is new is read, or every reader would read the log from there.
    const skip = isStuck(cursor) && !(retry && Date.now() >= cursor.retryAt);
    const progress = new Progress({ applier, db, cursor, skip, end });
    for (let seen = 0; seen < limit && Date.now() < end;) {
      const range = { after: progress.at, limit: Math.min(PAGE, limit - seen) };
      const options = { timeout: end - Date.now() };
      const { items, head } = await readPublisherLog(scope, subscription, publisher, range, options);
      if (head < progress.at)
        throw new Error(`The log ends at ${head}, but ${progress.at} was read before: was it restored?`);
      await progress.apply(items);
      if (progress.at >= head) {
        await progress.close();
        return progress.complete;
      }
      seen += items.length;
    }
    await progress.close();
  } catch (error) {
    log("warn", "catch-up", {
      subscriber,
      source,
      traceId: scope.context.trace.traceId,
      cause: describe(error),
    });
  }
  return false;
}
