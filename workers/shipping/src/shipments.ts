import type { Tx } from "@weft/events";
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

export interface Writing {
  db: Db;
  tx: Tx<(typeof shipping)["events"]>;
}

/** Prepares the order's parcel, unless there is one or a cancellation came first. */
export async function prepare({ db, tx }: Writing, order: Order): Promise<void> {
  if (await statusOf(db, order.orderId)) return;
  const row = rowOf(order, "preparing");
  tx.add(db.insert(shipments).values(row));
  tx.emit("shipment.prepared", order.orderId, { ...order, shipmentId: row.id });
  tx.rerunOn(TAKEN);
}

/** Stops the order's parcel. Leaves a row in any case, so that a late confirmation finds its place taken. */
export async function stop({ db, tx }: Writing, order: Order): Promise<void> {
  const status = await statusOf(db, order.orderId);
  if (status === "cancelled") return;
  const row = rowOf(order, "cancelled");
  if (!status) {
    tx.add(db.insert(shipments).values(row));
    tx.rerunOn(TAKEN);
    return;
  }
  const set = { status: "cancelled", updatedAt: order.at } as const;
  tx.add(db.update(shipments).set(set).where(eq(shipments.orderId, order.orderId)));
  tx.emit("shipment.stopped", order.orderId, { ...order, shipmentId: row.id });
}

/** One event of an order may be applied while another is: the second of them looks again. */
const TAKEN = "shipments.";

async function statusOf(db: Db, orderId: string) {
  const [row] = await db
    .select({ status: shipments.status })
    .from(shipments)
    .where(eq(shipments.orderId, orderId));
  return row?.status;
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
