import type { Order, OrderStatus } from "@shop/orders/contract";
import { sql } from "drizzle-orm";
import type { ListedOrder } from "./contract.ts";
import type { Database } from "./database.ts";
import * as schema from "./schema.ts";

const { orderView, orderViewTimeline, paymentView } = schema;

/** The part of an event's envelope that gives it its place. */
interface Place {
  readonly subjectsequence: number;
  /** RFC 3339 */
  readonly time: string;
}

interface OrderEvent extends Place {
  readonly data: Pick<Order, "items" | "total"> & { orderId: string; userId: string; reason?: string };
}

/**
 * What an order's event does to its row. The newest event has the say about the status, whichever arrives last:
 * each statement gives the same end in any order, hence needs no look at what is there.
 */
export function orderStatements(
  db: Database,
  status: OrderStatus,
  { subjectsequence: seq, time, data }: OrderEvent,
) {
  const { orderId, userId, items, total, reason } = data;
  const at = Date.parse(time);
  const newer = sql`excluded.applied > ${orderView.applied}`;
  return [
    db
      .insert(orderView)
      .values({
        orderId,
        userId,
        status,
        items,
        totalAmount: total.amount,
        totalCurrency: total.currency,
        createdAt: at,
        updatedAt: at,
        applied: seq,
      })
      .onConflictDoUpdate({
        target: orderView.orderId,
        set: {
          status: sql`CASE WHEN ${newer} THEN excluded.status ELSE ${orderView.status} END`,
          applied: sql`MAX(excluded.applied, ${orderView.applied})`,
          createdAt: sql`MIN(excluded.created_at, ${orderView.createdAt})`,
          updatedAt: sql`MAX(excluded.updated_at, ${orderView.updatedAt})`,
        },
      }),
    db.insert(orderViewTimeline).values({ orderId, seq, status, at, reason }).onConflictDoNothing(),
  ];
}

export function paymentStatement(
  db: Database,
  status: NonNullable<ListedOrder["payment"]>,
  event: Place & { readonly data: { orderId: string } },
) {
  return db
    .insert(paymentView)
    .values({ orderId: event.data.orderId, status, applied: event.subjectsequence })
    .onConflictDoUpdate({
      target: paymentView.orderId,
      set: { status, applied: event.subjectsequence },
      setWhere: sql`excluded.applied > ${paymentView.applied}`,
    });
}
