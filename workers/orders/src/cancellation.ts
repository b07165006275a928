import { MeshError } from "@weft/mesh";
import { eq } from "drizzle-orm";
import type { Order } from "./contract.ts";
import type { Writing } from "./database.ts";
import { advance } from "./lifecycle.ts";
import * as tables from "./schema.ts";
import { findOrder, getOwnOrder } from "./store.ts";

export type Part = (typeof tables.cancellationParts.$inferInsert)["part"];

const PARTS: readonly Part[] = ["money", "stock"];

/**
 * Begins the cancellation: payments, inventory and shipping react to its event, each on its own. Asking again changes
 * nothing. Throws ORDER_NOT_FOUND, ORDER_NOT_CANCELLABLE.
 */
export async function cancel(writing: Writing, id: string, userId: string | undefined): Promise<Order> {
  const stored = await getOwnOrder(writing.db, id, userId);
  const { status } = stored.order;
  if (status === "cancelling" || status === "cancelled") return stored.order;
  if (status === "confirmed") return advance(writing, stored, "cancelling");
  throw new MeshError("ORDER_NOT_CANCELLABLE", {
    status: 409,
    title: "Only a confirmed order can be cancelled",
    detail: `Order ${id} is ${status}.`,
    // Soon it is confirmed or rejected.
    ...(status === "pending" && { retryable: true, retryAfter: 1 }),
  });
}

/** Money or stock of an order is back; with both, the cancellation is done. */
export async function partReturned(writing: Writing, orderId: string, part: Part): Promise<void> {
  const { db, tx } = writing;
  const { cancellationParts } = tables;
  const known = await db.select().from(cancellationParts).where(eq(cancellationParts.orderId, orderId));
  if (known.some((row) => row.part === part)) return;
  // Two parts that arrive at once both want the same number: one runs again and sees that it is the last.
  tx.rerunOn("cancellation_parts.");
  tx.add(db.insert(cancellationParts).values({ orderId, seq: known.length + 1, part, at: tx.now }));
  if (known.length + 1 < PARTS.length) return;
  const stored = await findOrder(db, orderId);
  if (stored?.order.status === "cancelling") advance(writing, stored, "cancelled");
}
