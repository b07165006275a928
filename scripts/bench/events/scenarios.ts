import { relay, toEnvelope, transact } from "@weft/events";
import { scope } from "@weft/testkit/scope";
import { serve } from "@weft/testkit/serve";
import { and, eq, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { FACTORS, MODULUS, placed } from "./fold.ts";
import * as schema from "./schema.ts";
import { booksWorker, log, orderedWorker, shippingWorker } from "./services.ts";

export interface Bench {
  readonly d1: D1Database;
  readonly db: DrizzleD1Database<typeof schema>;
  readonly queue: Queue;
  /** Number of the event before the first one. */
  readonly start: number;
  readonly count: number;
  /** From one event's number to the next one's. */
  readonly stride: number;
}

/** Requests, or messages, that are under way at the same time. */
const AT_ONCE = 10;
const PAGE = 100;
const SOURCE = "/services/orders";
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** Calls `work` for each event of the run, so many at a time. */
async function each(bench: Bench, atOnce: number, work: (n: number) => Promise<unknown>): Promise<void> {
  const { start, count, stride } = bench;
  for (let done = 0; done < count; done += atOnce)
    await Promise.all(Array.from({ length: atOnce }, (_, n) => work(start + (done + n) * stride + 1)));
}

function envelope(n: number, subjectSeq = 1) {
  const data = placed(n);
  return toEnvelope("orders", {
    seq: n,
    id: crypto.randomUUID(),
    type: "order.placed",
    subject: data.orderId,
    subjectSeq,
    version: 1,
    data,
    time: 0,
    traceparent: TRACEPARENT,
    unsentTo: null,
  });
}

async function publish({ db, queue }: Bench, n: number, { order }: { order: boolean }): Promise<void> {
  const surroundings = scope({ service: "orders", env: { QUEUE: queue } });
  const { account: _, orderId, ...row } = placed(n);
  await transact(surroundings, db, { publisher: log }, async (tx) => {
    if (order) tx.add(db.insert(schema.orderTable).values({ id: orderId, ...row }));
    tx.emit("order.placed", orderId, placed(n));
  });
  await surroundings.settled();
}

/** Delivers the run's events in batches. */
async function deliver(bench: Bench, worker: ExportedHandler<never>, name: string, size: number) {
  const served = serve(worker, { DB: bench.d1 });
  for (let done = 0; done < bench.count; done += size) {
    const bodies = Array.from({ length: size }, (_, n) => envelope(bench.start + done + n + 1));
    const settled = await served.queue(`${name}-events`, bodies);
    if (settled.some((settlement) => settlement !== "acked"))
      throw new Error(`${name} did not take its events.`);
  }
}

const readLog = (bench: Bench, input: object) =>
  log.log.handler({ input: { limit: PAGE, ...input }, db: bench.db } as never) as Promise<{
    items: unknown[];
  }>;

/** Sends all that is unsent. */
const sweep = ({ db, queue }: Bench) => relay(scope({ service: "orders", env: { QUEUE: queue } }), db, log);

/** What is measured, each `count` times in a run; `plain…` and `loose…` are what the others are compared with. */
export const scenarios: Record<string, (bench: Bench) => Promise<unknown>> = {
  plainInsert: (bench) =>
    each(bench, AT_ONCE, (n) => {
      const { account: _, orderId: id, ...row } = placed(n);
      return bench.db.insert(schema.orderTable).values({ id, ...row });
    }),
  /** The outbox as it is often written: each step by itself, and lost in between if the process dies. */
  looseOutbox: (bench) =>
    each(bench, AT_ONCE, async (n) => {
      const { db, queue } = bench;
      const { orderId, amount } = placed(n);
      await db.insert(schema.orderTable).values({ id: orderId, amount });
      const { id, subject, type, data } = envelope(n);
      const row = { id, subject, type, data, subjectSeq: 1, time: Date.now(), traceparent: TRACEPARENT };
      const [added] = await db.insert(schema.eventLog).values(row).returning({ seq: schema.eventLog.seq });
      await queue.send({ ...row, sequence: added?.seq });
      await db
        .update(schema.eventLog)
        .set({ sentAt: Date.now() })
        .where(eq(schema.eventLog.seq, added?.seq ?? 0));
    }),
  publish: (bench) => each(bench, AT_ONCE, (n) => publish(bench, n, { order: true })),

  plainEffect: (bench) =>
    each(bench, AT_ONCE, (n) => {
      const { orderId, amount } = placed(n);
      return bench.db.insert(schema.shipments).values({ orderId, amount });
    }),
  /** Inbox and effect one after the other: twice if the process dies in between. */
  looseInbox: (bench) =>
    each(bench, AT_ONCE, async (n) => {
      const { db } = bench;
      const { id, source, data } = envelope(n);
      const { orderId, amount } = data as ReturnType<typeof placed>;
      const known = and(eq(schema.inbox.source, source), eq(schema.inbox.eventId, id));
      if ((await db.select().from(schema.inbox).where(known)).length > 0) return;
      await db.insert(schema.shipments).values({ orderId, amount });
      await db.insert(schema.inbox).values({ source, eventId: id, appliedAt: Date.now() });
      await db
        .update(schema.cursors)
        .set({ seq: n })
        .where(and(eq(schema.cursors.source, source), eq(schema.cursors.seq, n - 1)));
    }),
  reaction: (bench) => deliver(bench, shippingWorker, "shipping", AT_ONCE),
  orderedReaction: (bench) => deliver(bench, orderedWorker, "shipping", AT_ONCE),

  plainUpsert: (bench) =>
    each(bench, 1, (n) => {
      const { account, amount } = placed(n);
      return bench.db
        .insert(schema.accounts)
        .values({ account, digest: amount })
        .onConflictDoUpdate({
          target: schema.accounts.account,
          set: { digest: sql`(${schema.accounts.digest} * ${FACTORS.now} + excluded.digest) % ${MODULUS}` },
        });
    }),
  projectionOneByOne: (bench) => deliver(bench, booksWorker, "books", 1),
  projection: (bench) => deliver(bench, booksWorker, "books", PAGE),

  append: (bench) => each(bench, 1, (n) => publish(bench, n, { order: false })),
  page: (bench) =>
    each(bench, 1, async (n) => {
      const { items } = await readLog(bench, { after: n });
      if (items.length !== PAGE) throw new Error(`The page has ${items.length} events.`);
    }),
  subject: (bench) =>
    each(bench, 1, async (n) => {
      const { items } = await readLog(bench, { after: 0, subject: placed(n).orderId });
      if (items.length === 0) throw new Error(`The log has nothing of ${placed(n).orderId}.`);
    }),
  inbox: (bench) =>
    each(bench, 1, () => {
      const row = { source: SOURCE, eventId: crypto.randomUUID(), appliedAt: Date.now() };
      return bench.db.insert(schema.inbox).values(row);
    }),
  sweep,
  idleSweep: (bench) => each(bench, 1, () => sweep(bench)),
};
