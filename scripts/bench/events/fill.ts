import { ACCOUNTS } from "./fold.ts";

const CHUNK = 100_000;
/** Events to a subject. */
export const PER_SUBJECT = 10;

/** Fills an empty log with events that are sent, the same as `placed()` makes, and the inbox with as many rows. */
export async function fill(db: D1Database, events: number): Promise<void> {
  for (let after = 0; after < events; after += CHUNK) {
    const numbers = `WITH RECURSIVE numbers(n) AS
      (SELECT ${after + 1} UNION ALL SELECT n + 1 FROM numbers WHERE n < ${Math.min(events, after + CHUNK)})`;
    await db.batch([
      db.prepare(`${numbers} INSERT INTO events (id, type, subject, subject_seq, data, time, traceparent, sent_at)
        SELECT ${UUID}, 'order.placed', 'ord_' || ((n - 1) / ${PER_SUBJECT} + 1), (n - 1) % ${PER_SUBJECT} + 1,
          json_object('orderId', 'ord_' || n, 'account', 'acc_' || (n % ${ACCOUNTS}), 'amount', n % 97),
          1, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 1 FROM numbers`),
      db.prepare(`${numbers} INSERT INTO inbox (source, event_id, applied_at)
        SELECT '/services/orders', ${UUID}, 1 FROM numbers`),
    ]);
  }
}

/** Random, as long as a UUID. */
const UUID = "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || hex(randomblob(13)))";
