import {
  childOf,
  type Context,
  meshError,
  newTrace,
  parseTraceparent,
  rootContext,
  type Work,
} from "@weft/mesh";
import { and, eq } from "drizzle-orm";
import type { Transact } from "../database/database.ts";
import { oneOf } from "../database/one-of.ts";
import { forget } from "../dead-letters/record.ts";
import type { Envelope } from "../log/envelope.ts";
import { openEvent } from "../log/open-event.ts";
import { inbox } from "./schema.ts";
import type { Subscription } from "./subscription.ts";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";

/** `ignored`: the subscription has no handler for this type. */
export type Outcome = "applied" | "duplicate" | "ignored";

/** Statements for the batch in which an event takes effect, such as the cursor's move. */
export type Along = (db: AnyDatabase) => readonly Statement[];

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
    .where(and(eq(inbox.source, source), oneOf(inbox.eventId, ids)));
  return new Set(rows.map(({ id }) => id));
}

export async function isApplied(db: AnyDatabase, { source, id }: Envelope): Promise<boolean> {
  return (await appliedIds(db, source, [id])).has(id);
}

/** For the batch that deals with an event. */
export function noteApplied(db: AnyDatabase, { source, id }: Envelope, at: number) {
  return db.insert(inbox).values({ source, eventId: id, appliedAt: at });
}

/**
 * Applies an event: what its handler writes, the inbox row and what comes along are committed in one batch, so the
 * effect happens once however often, and however concurrently, the event arrives. The dead letter of earlier failures
 * goes with it. Throws what the handler throws.
 */
export async function applyOnce(
  work: Work,
  { contract, handlers }: Subscription,
  event: Envelope,
  context: Context,
  along: Along,
): Promise<Outcome> {
  const handler = Object.hasOwn(handlers, event.type) ? handlers[event.type] : undefined;
  if (!handler || !Object.hasOwn(contract.events, event.type)) return "ignored";

  const { scope, resources } = work.open(context);
  const db = resources.db as AnyDatabase;
  const transact = resources.transact as Transact;
  if (await isApplied(db, event)) return "duplicate";

  const opened = await openEvent(scope, contract, event);
  const duplicate = meshError("CONFLICT", `Event ${event.id} was applied at the same moment.`);
  try {
    await transact(async (tx) => {
      tx.reject("inbox.source", () => duplicate);
      // First of all writes: a duplicate is then told by the inbox, not by one of the handler's own constraints.
      tx.add(noteApplied(db, event, Date.now()));
      await handler({ ...resources, tx, event: opened, scope, context } as never);
      tx.add(...along(db), forget(db, event.source, event.id));
    });
  } catch (error) {
    if (error === duplicate) return "duplicate";
    throw error;
  }
  return "applied";
}
