import { describe, type EventTypes, log, type Scope } from "@weft/mesh";
import { and, asc, gt, isNull, lt, sql } from "drizzle-orm";
import { type EventRow, toEnvelope } from "./envelope.ts";
import type { Publisher } from "./publisher.ts";
import { type Outgoing, queueBatches } from "./queue-batches.ts";
import { eventLog } from "./schema.ts";
import type { AnyDatabase } from "./unit-of-work.ts";

/** Rows younger than this may still be on their way by the request that wrote them, ms. */
const SWEEP_AFTER = 5_000;
const SWEEP_PAGE = 100;
const SWEEP_PAGES = 10;

/**
 * Sends events to their subscribers' queues: the given rows just committed, or else all older ones that are still
 * unsent. Never throws: what could not be sent is logged and stays unsent for the next sweep. Subscribers may get an
 * event twice.
 */
export async function relay<E extends EventTypes>(
  scope: Scope,
  db: AnyDatabase,
  publisher: Publisher<E>,
  rows?: readonly EventRow[],
): Promise<void> {
  try {
    if (rows) await send(scope, db, publisher, rows);
    else await sweep(scope, db, publisher);
  } catch (error) {
    log("error", "relay", {
      service: scope.service,
      traceId: scope.context.trace.traceId,
      cause: describe(error),
    });
  }
}

async function sweep(scope: Scope, db: AnyDatabase, publisher: Publisher): Promise<void> {
  const before = Date.now() - SWEEP_AFTER;
  let after = 0;
  for (let page = 0; page < SWEEP_PAGES; page++) {
    const rows: EventRow[] = await db
      .select()
      .from(eventLog)
      .where(and(isNull(eventLog.sentAt), gt(eventLog.seq, after), lt(eventLog.time, before)))
      .orderBy(asc(eventLog.seq))
      .limit(SWEEP_PAGE);
    if (rows.length > 0) await send(scope, db, publisher, rows);
    if (rows.length < SWEEP_PAGE) return;
    // Past what has just failed: one queue that is down does not hold up newer events.
    after = rows.at(-1)?.seq ?? after;
  }
}

async function send(
  scope: Scope,
  db: AnyDatabase,
  publisher: Publisher,
  rows: readonly EventRow[],
): Promise<void> {
  const messages = rows.map((row): Outgoing => ({
    seq: row.seq,
    type: row.type,
    body: toEnvelope(scope.service, row),
  }));
  const failed = new Set<number>();
  await Promise.all(
    Object.entries(publisher.to).map(async ([binding, types]) => {
      const wanted = types === "all" ? messages : messages.filter(({ type }) => types.includes(type));
      for (const seq of await sendTo(scope, binding, wanted)) failed.add(seq);
    }),
  );
  const sent = rows.map(({ seq }) => seq).filter((seq) => !failed.has(seq));
  if (sent.length === 0) return;
  await db
    .update(eventLog)
    .set({ sentAt: Date.now() })
    // One parameter however many rows: D1 takes 100 at most.
    .where(sql`${eventLog.seq} IN (SELECT value FROM json_each(${JSON.stringify(sent)}))`);
}

/** Returns the numbers of the events that the queue did not take. */
async function sendTo(scope: Scope, binding: string, messages: readonly Outgoing[]): Promise<number[]> {
  const failed: number[] = [];
  for (const batch of queueBatches(messages)) {
    try {
      const queue = (scope.env as Record<string, Queue | undefined>)[binding];
      if (!queue) throw new TypeError(`No queue binding ${binding}: add it to wrangler.toml.`);
      await queue.sendBatch(batch.map(({ body }) => ({ body, contentType: "json" })));
    } catch (error) {
      failed.push(...batch.map(({ seq }) => seq));
      log("error", "relay", {
        service: scope.service,
        queue: binding,
        unsent: batch.length,
        traceId: scope.context.trace.traceId,
        cause: describe(error),
      });
    }
  }
  return failed;
}
