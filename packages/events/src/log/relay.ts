import { describe, type EventTypes, log, type Scope } from "@weft/mesh";
import { and, asc, isNull, lt, or, sql } from "drizzle-orm";
import { toEnvelope } from "./envelope.ts";
import { type EventRow, rowColumns } from "./log-row.ts";
import type { Publisher } from "./publisher.ts";
import { type Outgoing, queueBatches } from "./queue-batches.ts";
import { eventLog } from "./schema.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";

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
  const started = Date.now();
  for (let page = 0; page < SWEEP_PAGES; page++) {
    const rows: EventRow[] = await db
      .select(rowColumns)
      .from(eventLog)
      .where(
        and(
          isNull(eventLog.sentAt),
          lt(eventLog.time, started - SWEEP_AFTER),
          or(isNull(eventLog.triedAt), lt(eventLog.triedAt, started)),
        ),
      )
      // Those that have waited longest for a try, new ones (null) first: however many are stuck, each has its turn.
      .orderBy(asc(eventLog.triedAt), asc(eventLog.seq))
      .limit(SWEEP_PAGE);
    if (rows.length > 0) await send(scope, db, publisher, rows);
    if (rows.length < SWEEP_PAGE) return;
  }
}

async function send(
  scope: Scope,
  db: AnyDatabase,
  publisher: Publisher,
  rows: readonly EventRow[],
): Promise<void> {
  const unsent = new Map<number, string[]>(rows.map(({ seq }) => [seq, []]));
  await Promise.all(
    Object.entries(publisher.to).map(async ([binding, types]) => {
      const wanted = rows.filter(
        ({ type, unsentTo }) =>
          (types === "all" || types.includes(type)) && (unsentTo === null || unsentTo.includes(binding)),
      );
      const messages = wanted.map((row) => ({ seq: row.seq, body: toEnvelope(scope.service, row) }));
      for (const seq of await sendTo(scope, binding, messages)) unsent.get(seq)?.push(binding);
    }),
  );
  await note(db, unsent);
}

/** A queue that is down does not make the others get the event again. */
async function note(db: AnyDatabase, unsent: ReadonlyMap<number, readonly string[]>): Promise<void> {
  const now = Date.now();
  const groups = Map.groupBy(unsent, ([, bindings]) => JSON.stringify(bindings.toSorted()));
  const updates = [...groups].map(([bindings, entries]) => {
    const seqs = JSON.stringify(entries.map(([seq]) => seq));
    const unsentTo = JSON.parse(bindings) as string[];
    return (
      db
        .update(eventLog)
        .set(unsentTo.length === 0 ? { sentAt: now, unsentTo } : { triedAt: now, unsentTo })
        // One parameter however many rows: D1 takes 100 at most.
        .where(sql`${eventLog.seq} IN (SELECT value FROM json_each(${seqs}))`)
    );
  });
  const [first, ...rest] = updates;
  if (first) await db.batch([first, ...rest]);
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
