import { meshError } from "@weft/mesh";
import { eq, sql } from "drizzle-orm";
import type { Order, OrderStatus } from "./contract.ts";
import type { Writing } from "./database.ts";
import * as tables from "./schema.ts";
import { mayBecome } from "./status.ts";
import { getOrder, type OrderFacts, publicEntry, type StoredOrder } from "./store.ts";

/** Throws CONFLICT if another purchase has taken the order's id. */
export async function place({ db, tx }: Writing, facts: OrderFacts): Promise<Order> {
  const { orderId, userId, items, total } = facts;
  const status = "pending";
  const row = {
    id: orderId,
    userId,
    status,
    totalAmount: total.amount,
    totalCurrency: total.currency,
  } as const;
  const taken = await db.$count(tables.orders, eq(tables.orders.id, orderId));
  if (taken > 0) throw meshError("CONFLICT", `There is an order ${orderId} already.`);
  // Two attempts of one saga step at once: the slower one runs again, and the fence repeats the faster one's answer.
  tx.rerunOn("orders.id");
  tx.add(
    db.insert(tables.orders).values({ ...row, createdAt: tx.now, updatedAt: tx.now }),
    // As JSON: 50 lines have more values than the 100 parameters that D1 binds in one statement.
    db.insert(tables.orderItems).select(sql`
      SELECT ${orderId}, key + 1, value ->> 'productId', value ->> 'name', value ->> 'quantity',
             value ->> '$.price.amount', value ->> '$.price.currency'
      FROM json_each(${JSON.stringify(items)})`),
    db.insert(tables.orderTimeline).values({ orderId, seq: 1, status, at: tx.now }),
  );
  tx.emit("order.placed", orderId, facts);
  return { id: orderId, status, items, total, timeline: [publicEntry({ status, at: tx.now, reason: null })] };
}

export async function confirm(writing: Writing, id: string): Promise<Order> {
  const stored = await getOrder(writing.db, id);
  return stored.order.status === "confirmed" ? stored.order : advance(writing, stored, "confirmed");
}

export async function reject(writing: Writing, id: string, reason: string): Promise<Order> {
  const stored = await getOrder(writing.db, id);
  return stored.order.status === "rejected" ? stored.order : advance(writing, stored, "rejected", reason);
}

/**
 * The one way in which an order changes: status, timeline and event together. Of two that race from the same status
 * one gets the timeline's next place; the other runs again and finds what the first has done. Throws CONFLICT if
 * the order's status does not allow it.
 */
export function advance(
  { db, tx }: Writing,
  { userId, order }: StoredOrder,
  status: Exclude<OrderStatus, "pending">,
  reason: string | null = null,
): Order {
  const { id, items, total, timeline } = order;
  if (!mayBecome(order.status, status)) {
    throw meshError("CONFLICT", `Order ${id} is ${order.status}: it cannot become ${status}.`);
  }
  tx.rerunOn("order_timeline.");
  tx.add(
    db
      .insert(tables.orderTimeline)
      .values({ orderId: id, seq: timeline.length + 1, status, at: tx.now, reason }),
    db.update(tables.orders).set({ status, reason, updatedAt: tx.now }).where(eq(tables.orders.id, id)),
  );
  const facts = { orderId: id, userId, items, total };
  if (status === "rejected") tx.emit("order.rejected", id, { ...facts, reason: reason ?? "" });
  else tx.emit(`order.${status}`, id, facts);
  return { ...order, status, timeline: [...timeline, publicEntry({ status, at: tx.now, reason })] };
}
