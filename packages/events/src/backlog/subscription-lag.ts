import { describe, log, type Scope } from "@weft/mesh";
import { deadIds } from "../dead-letters/record.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { bindingTo } from "../log/binding.ts";
import { sourceOf } from "../log/envelope.ts";
import { cursorOf } from "../subscription/cursor.ts";
import { appliedIds } from "../subscription/inbox.ts";
import { readPublisherLog } from "../subscription/publisher-log.ts";
import type { Subscription } from "../subscription/subscription.ts";
import { ageOf } from "./backlog.ts";
import type { Backlog } from "./contract.ts";

/** Events that are looked at one by one; of those behind them it is not known whether they concern anybody here. */
const LOOKED_AT = 100;
/** Longest wait for a publisher, ms. */
const PATIENCE = 2_000;

/**
 * How far a subscription is behind its publisher's log. Beyond a hundred events behind the cursor all are counted, those
 * that are applied or ignored included.
 */
export async function subscriptionLag(
  scope: Scope,
  db: AnyDatabase,
  { contract, handlers }: Subscription,
): Promise<Backlog["subscriptions"][number]> {
  const { name } = contract;
  const unknown = { source: name, lag: null, age: null };
  const publisher = bindingTo(scope, { contract });
  if (!publisher) return unknown;
  try {
    const source = sourceOf(name);
    const { seq } = await cursorOf(db, source);
    const range = { after: seq, limit: LOOKED_AT };
    const { items, head } = await readPublisherLog(scope, { contract }, publisher, range, {
      timeout: PATIENCE,
    });
    const ids = items.map(({ id }) => id);
    const settled = new Set([...(await appliedIds(db, source, ids)), ...(await deadIds(db, source, ids))]);
    const pending = items.filter(({ id, type }) => Object.hasOwn(handlers, type) && !settled.has(id));
    const last = items.at(-1);
    const unseen = Math.max(0, head - (last?.sequence ?? seq));
    const oldest = pending[0] ?? (unseen > 0 ? last : undefined);
    const age = ageOf(oldest && Date.parse(oldest.time), Date.now());
    return { source: name, lag: pending.length + unseen, age };
  } catch (error) {
    log("warn", "backlog", { service: scope.service, source: name, cause: describe(error) });
    return unknown;
  }
}
