import { afterCursor, toPage, type OutputOf } from "@weft/mesh";
import { and, desc, eq, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import * as z from "zod";
import type { shipping } from "./contract.ts";
import * as schema from "./schema.ts";

export type Db = DrizzleD1Database<typeof schema>;

const { shipments } = schema;
const Key = z.tuple([z.int(), z.string()]);

/** What starts or stops a shipment. */
interface Order {
  orderId: string;
  userId: string;
  /** ms since the epoch */
  at: number;
}

/** Prepares the order's parcel, unless there is one or a cancellation came first. */
export function prepare(db: Db, order: Order) {
  return db
    .insert(shipments)
    .values(rowOf(order, "preparing"))
    .onConflictDoNothing({ target: shipments.orderId });
}

/** Stops the order's parcel. Leaves a row in any case, so that a late confirmation finds its place taken. */
export function stop(db: Db, order: Order) {
  const set = { status: "cancelled", updatedAt: order.at } as const;
  return db
    .insert(shipments)
    .values(rowOf(order, "cancelled"))
    .onConflictDoUpdate({ target: shipments.orderId, set });
}

/** A rebuilt table has the same ids: they come from the order's. */
function rowOf({ orderId, userId, at }: Order, status: "preparing" | "cancelled") {
  return { id: `shp_${orderId}`, orderId, userId, status, createdAt: at, updatedAt: at };
}

/** Throws VALIDATION_FAILED for a cursor of another list. */
export async function listOpen(
  db: Db,
  userId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<OutputOf<typeof shipping.operations.listOpen>> {
  const after = afterCursor(cursor, Key);
  const older = after && sql`(${shipments.createdAt}, ${shipments.id}) < (${after[0]}, ${after[1]})`;
  const found = await db
    .select()
    .from(shipments)
    .where(and(eq(shipments.userId, userId), eq(shipments.status, "preparing"), older))
    .orderBy(desc(shipments.createdAt), desc(shipments.id))
    .limit(limit + 1);
  const { rows, nextCursor } = toPage(found, limit, (row) => [row.createdAt, row.id]);
  return {
    items: rows.map(({ id, orderId, status, createdAt }) => ({
      id,
      orderId,
      status,
      createdAt: new Date(createdAt).toISOString(),
    })),
    nextCursor,
  };
}
