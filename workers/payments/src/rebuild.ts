import { applyEvent, sourcedEvent, type Statement, type Transact } from "@weft/events";
import { canonicalJson, type OutputOf } from "@weft/mesh";
import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { payments as contract } from "./contract.ts";
import type { Database } from "./database.ts";
import { entriesOf } from "./ledger.ts";
import { paymentHistory } from "./payment.ts";
import { eventLog, type LedgerEntry, ledgerEntries, type Payment, payments } from "./schema.ts";

type Answer = OutputOf<(typeof contract)["operations"]["rebuildLedger"]>;
type EventRow = typeof eventLog.$inferSelect;

interface Rows {
  readonly payment: Payment | null;
  readonly entries: readonly Omit<LedgerEntry, "id">[];
}
interface Books {
  readonly orderId: string;
  /** Subject sequence of the last event that is in them. */
  readonly version: number;
  readonly events: Rows;
  readonly tables: Rows;
}

/**
 * Works out the rows of some orders from their events alone, and compares them with those that are there; with
 * `replace` puts them in the place of what differs. Orders come in pages, and each order's books are of one moment, so
 * it runs beside the business, however long the log is.
 */
export async function rebuildLedger(
  { db, transact }: { db: Database; transact: Transact },
  { after, limit, replace }: { after: string; limit: number; replace: boolean },
): Promise<Answer> {
  const orderIds = await ordersAfter(db, after, limit);
  const different = (await booksOf(db, orderIds)).filter(
    ({ events, tables }) => canonicalJson(events) !== canonicalJson(tables),
  );
  if (replace && different.length > 0)
    await transact(async (tx) => tx.add(...different.flatMap((books) => replacement(db, books))));
  return {
    checked: orderIds.length,
    different: different.map(({ orderId }) => orderId),
    replaced: replace,
    next: orderIds.length < limit ? null : (orderIds.at(-1) ?? null),
  };
}

/** All orders that have an event or a row: a row that no event stands for is as wrong as one that is missing. */
async function ordersAfter(db: Database, after: string, limit: number): Promise<string[]> {
  const rows = await db.all<{ id: string }>(sql`
    SELECT id FROM (
      SELECT ${eventLog.subject} AS id FROM ${eventLog}
      UNION SELECT ${payments.orderId} FROM ${payments}
      UNION SELECT ${ledgerEntries.orderId} FROM ${ledgerEntries}
    ) WHERE id > ${after} ORDER BY id LIMIT ${limit}`);
  return rows.map(({ id }) => id);
}

async function booksOf(db: Database, orderIds: readonly string[]): Promise<Books[]> {
  const these = sql`(SELECT value FROM json_each(${JSON.stringify(orderIds)}))`;
  const [events, rows, entries] = await db.batch([
    db.select().from(eventLog).where(inArray(eventLog.subject, these)).orderBy(asc(eventLog.subjectSeq)),
    db.select().from(payments).where(inArray(payments.orderId, these)),
    db
      .select()
      .from(ledgerEntries)
      .where(inArray(ledgerEntries.orderId, these))
      .orderBy(asc(ledgerEntries.id)),
  ]);
  const eventsOf = Map.groupBy(events, ({ subject }) => subject);
  const entriesBy = Map.groupBy(entries, ({ orderId }) => orderId);
  const paymentOf = new Map(rows.map((row) => [row.orderId, row]));
  return orderIds.map((orderId) => ({
    orderId,
    version: eventsOf.get(orderId)?.at(-1)?.subjectSeq ?? 0,
    events: rowsFrom(eventsOf.get(orderId) ?? []),
    tables: {
      payment: paymentOf.get(orderId) ?? null,
      entries: (entriesBy.get(orderId) ?? []).map(({ id: _, ...entry }) => entry),
    },
  }));
}

/** No snapshots: they are to be proved right as well. */
function rowsFrom(events: readonly EventRow[]): Rows {
  return events
    .map((row) => sourcedEvent(paymentHistory, row))
    .reduce<Rows>(
      ({ payment, entries }, event) => {
        const next = applyEvent(paymentHistory, payment, event);
        return { payment: next, entries: next ? [...entries, ...entriesOf(next, event)] : entries };
      },
      { payment: null, entries: [] },
    );
}

/** Replaces an order's rows, unless the order has moved on since they were compared. */
function replacement(db: Database, { orderId, version, events }: Books): Statement[] {
  const unmoved = sql`(SELECT COALESCE(MAX(${eventLog.subjectSeq}), 0) FROM ${eventLog} WHERE ${eventLog.subject} = ${orderId}) = ${version}`;
  const { payment, entries } = events;
  return [
    db.delete(payments).where(and(eq(payments.orderId, orderId), unmoved)),
    db.delete(ledgerEntries).where(and(eq(ledgerEntries.orderId, orderId), unmoved)),
    db.insert(payments).select(sql`
      SELECT value ->> 'orderId', value ->> 'userId', value ->> 'amount', value ->> 'currency', value ->> 'status'
      FROM json_each(${JSON.stringify(payment ? [payment] : [])}) WHERE ${unmoved}`),
    db.insert(ledgerEntries).select(sql`
      SELECT NULL, value ->> 'orderId', value ->> 'kind', value ->> 'account', value ->> 'direction',
        value ->> 'amount', value ->> 'at'
      FROM json_each(${JSON.stringify(entries)}) WHERE ${unmoved} ORDER BY key`),
  ];
}
