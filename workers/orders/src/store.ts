import { type EventData, excerpt, MeshError } from "@weft/mesh";
import { and, asc, eq, gt } from "drizzle-orm";
import type { Order, OrderStatus, orders } from "./contract.ts";
import type { Database } from "./database.ts";
import * as tables from "./schema.ts";

export type OrderFacts = EventData<typeof orders, "order.placed">;

export interface StoredOrder {
  readonly userId: string;
  readonly order: Order;
}

export interface TimelineEntry {
  readonly seq: number;
  readonly status: OrderStatus;
  /** ms since the epoch */
  readonly at: number;
  readonly reason: string | null;
}

/** The order as of one moment. */
export async function findOrder(db: Database, id: string): Promise<StoredOrder | undefined> {
  const { orders, orderItems } = tables;
  const [[row], items, timeline] = await db.batch([
    db.select().from(orders).where(eq(orders.id, id)),
    db.select().from(orderItems).where(eq(orderItems.orderId, id)).orderBy(asc(orderItems.line)),
    timelineAfter(db, id, 0),
  ]);
  if (!row) return undefined;
  const order: Order = {
    id,
    status: row.status,
    items: items.map(({ productId, name, quantity, priceAmount, priceCurrency }) => ({
      productId,
      name,
      quantity,
      price: { amount: priceAmount, currency: priceCurrency },
    })),
    total: { amount: row.totalAmount, currency: row.totalCurrency },
    timeline: timeline.map(publicEntry),
  };
  return { userId: row.userId, order };
}

/** Throws ORDER_NOT_FOUND. */
export async function getOrder(db: Database, id: string): Promise<StoredOrder> {
  const stored = await findOrder(db, id);
  if (!stored) throw notFound(id);
  return stored;
}

/** The order if it is the user's own. Somebody else's is not found either: that it exists is nobody's business. */
export async function getOwnOrder(
  db: Database,
  id: string,
  userId: string | undefined,
): Promise<StoredOrder> {
  const stored = await getOrder(db, id);
  if (stored.userId !== userId) throw notFound(id);
  return stored;
}

/** What has happened to an order after the timeline's entry `seq`, oldest first. */
export function timelineAfter(db: Database, id: string, seq: number) {
  const { orderTimeline: timeline } = tables;
  return db
    .select({ seq: timeline.seq, status: timeline.status, at: timeline.at, reason: timeline.reason })
    .from(timeline)
    .where(and(eq(timeline.orderId, id), gt(timeline.seq, seq)))
    .orderBy(asc(timeline.seq));
}

export function publicEntry({ status, at, reason }: Omit<TimelineEntry, "seq">): Order["timeline"][number] {
  return { status, at: new Date(at).toISOString(), ...(reason !== null && { reason }) };
}

function notFound(id: string): MeshError {
  return new MeshError("ORDER_NOT_FOUND", {
    status: 404,
    title: "There is no such order",
    detail: `You have no order ${excerpt(id)}.`,
  });
}
