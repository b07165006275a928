import {
  childOf,
  type Context,
  meshError,
  newTrace,
  parseTraceparent,
  rootContext,
  type Work,
} from "@weft/mesh";
import { and, eq, sql } from "drizzle-orm";
import type { Transact } from "../database/database.ts";
import type { Envelope } from "../log/envelope.ts";
import { inbox } from "./schema.ts";
import type { Subscription } from "./subscription.ts";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";

/** `ignored`: the subscription has no handler for this type. */
export type Outcome = "applied" | "duplicate" | "ignored";

/** The handling of an event belongs to the trace of what caused it. */
export function contextOf(event: Envelope): Context {
  const cause = parseTraceparent(event.traceparent);
  return rootContext(cause ? childOf(cause) : newTrace());
}

/** Those of the events that have been applied already. */
export async function appliedIds(
  db: AnyDatabase,
  source: string,
  ids: readonly string[],
): Promise<Set<string>> {
  const rows = await db
    .select({ id: inbox.eventId })
    .from(inbox)
    // One parameter however many ids: D1 takes 100 at most.
    .where(
      and(
        eq(inbox.source, source),
        sql`${inbox.eventId} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
      ),
    );
  return new Set(rows.map(({ id }) => id));
}

/**
 * Applies an event: what its handler writes, the inbox row and the cursor's move are committed in one batch, so the
 * effect happens once however often, and however concurrently, the event arrives. Throws what the handler throws.
 */
export async function applyOnce(
  work: Work,
  { contract, handlers }: Subscription,
  event: Envelope,
  context: Context,
  move: (db: AnyDatabase, source: string, seq: number) => Statement | undefined,
): Promise<Outcome> {
  const handler = Object.hasOwn(handlers, event.type) ? handlers[event.type] : undefined;
  const schema = contract.events[event.type];
  if (!handler || !schema) return "ignored";

  const { scope, resources } = work.open(context);
  const db = resources.db as AnyDatabase;
  const transact = resources.transact as Transact;
  if ((await appliedIds(db, event.source, [event.id])).has(event.id)) return "duplicate";

  const typed = { ...event, data: schema.parse(event.data) };
  const duplicate = meshError("CONFLICT", `Event ${event.id} was applied at the same moment.`);
  try {
    await transact(async (tx) => {
      tx.reject("inbox.source", () => duplicate);
      // First of all writes: a duplicate is then told by the inbox, not by one of the handler's own constraints.
      tx.add(db.insert(inbox).values({ source: event.source, eventId: event.id, appliedAt: Date.now() }));
      await handler({ ...resources, tx, event: typed, scope, context } as never);
      const moved = move(db, event.source, event.sequence);
      if (moved) tx.add(moved);
    });
  } catch (error) {
    if (error === duplicate) return "duplicate";
    throw error;
  }
  return "applied";
}
