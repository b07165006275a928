import type { OutputOf } from "@weft/mesh";
import { afterCursor, toPage } from "@weft/mesh";
import { and, asc, desc, eq, inArray, sql } from "drizzle-orm";
import * as z from "zod";
import type { views } from "./contract.ts";
import type { Database } from "./database.ts";
import { orderView, orderViewTimeline, paymentView, shipmentView } from "./schema.ts";

const Key = z.tuple([z.int(), z.string()]);

/** A user's orders, newest first. Throws VALIDATION_FAILED for a cursor of another list. */
export async function listOrders(
  db: Database,
  userId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<OutputOf<typeof views.operations.listOrders>> {
  const after = afterCursor(cursor, Key);
  const older = after && sql`(${orderView.createdAt}, ${orderView.orderId}) < (${after[0]}, ${after[1]})`;
  const found = await db
    .select({ order: orderView, payment: paymentView.status, shipment: shipmentView.status })
    .from(orderView)
    .leftJoin(paymentView, eq(paymentView.orderId, orderView.orderId))
    .leftJoin(shipmentView, eq(shipmentView.orderId, orderView.orderId))
    .where(and(eq(orderView.userId, userId), older))
    .orderBy(desc(orderView.createdAt), desc(orderView.orderId))
    .limit(limit + 1);
  const { rows, nextCursor } = toPage(found, limit, ({ order }) => [order.createdAt, order.orderId]);
  const timelines = await timelinesOf(
    db,
    rows.map(({ order }) => order.orderId),
  );
  return {
    items: rows.map(({ order, payment, shipment }) => ({
      id: order.orderId,
      status: order.status,
      items: order.items,
      total: { amount: order.totalAmount, currency: order.totalCurrency },
      timeline: timelines.get(order.orderId) ?? [],
      ...(payment && { payment }),
      ...(shipment && { shipment }),
    })),
    nextCursor,
  };
}

type Timeline = OutputOf<typeof views.operations.listOrders>["items"][number]["timeline"];

async function timelinesOf(db: Database, orderIds: readonly string[]): Promise<Map<string, Timeline>> {
  const timelines = new Map<string, Timeline>(orderIds.map((id) => [id, []]));
  if (orderIds.length === 0) return timelines;
  const ids = db.select({ id: sql`value` }).from(sql`json_each(${JSON.stringify(orderIds)})`);
  const rows = await db
    .select()
    .from(orderViewTimeline)
    .where(inArray(orderViewTimeline.orderId, ids))
    .orderBy(asc(orderViewTimeline.seq));
  for (const { orderId, status, at, reason } of rows) {
    timelines
      .get(orderId)
      ?.push({ status, at: new Date(at).toISOString(), ...(reason !== null && { reason }) });
  }
  return timelines;
}
