import { meshError, MeshError } from "@weft/mesh";
import { and, eq, sql } from "drizzle-orm";
import type { Database, Writing } from "./database.ts";
import type { Line } from "./lines.ts";
import { reservationItems, reservations, stock } from "./schema.ts";

export type Status = typeof reservations.$inferSelect.status;

export interface Reservation {
  orderId: string;
  status: Status;
}

export function reservationOf(db: Database, orderId: string) {
  return db
    .select({ orderId: reservations.orderId, status: reservations.status })
    .from(reservations)
    .where(eq(reservations.orderId, orderId));
}

/** Throws RESERVATION_NOT_FOUND. */
export async function findReservation(db: Database, orderId: string): Promise<Reservation> {
  const [reservation] = await reservationOf(db, orderId);
  if (reservation) return reservation;
  throw new MeshError("RESERVATION_NOT_FOUND", {
    status: 404,
    title: "Nothing is reserved for this order",
    detail: `There is no reservation of order ${orderId}.`,
  });
}

export function linesOf(db: Database, orderId: string): Promise<Line[]> {
  return db
    .select({ productId: reservationItems.productId, quantity: reservationItems.quantity })
    .from(reservationItems)
    .where(eq(reservationItems.orderId, orderId));
}

/**
 * A compare-and-set that aborts the whole batch: when the status is not what was read any more, CASE yields NULL, which
 * the column refuses, and the handler runs again on what is there now. Goes before the writes that depend on it.
 */
export function transition({ db, tx }: Writing, { orderId, status }: Reservation, to: Status): Reservation {
  tx.rerunOn("reservations.status");
  tx.add(
    db
      .update(reservations)
      .set({ status: sql`CASE ${reservations.status} WHEN ${status} THEN ${to} END` })
      .where(eq(reservations.orderId, orderId)),
  );
  return { orderId, status: to };
}

/** Moves the units of an order's lines from the shelf (-1), which `stock_available_check` may refuse, or back (1). */
export function moveUnits({ db, tx }: Writing, orderId: string, direction: 1 | -1): void {
  tx.add(
    db
      .update(stock)
      .set({ available: sql`${stock.available} + ${direction} * ${reservationItems.quantity}` })
      .from(reservationItems)
      .where(and(eq(reservationItems.orderId, orderId), eq(reservationItems.productId, stock.productId))),
  );
}

export function impossible(wish: string, { orderId, status }: Reservation): MeshError {
  return meshError("CONFLICT", `The reservation of order ${orderId} is ${status}: it cannot be ${wish}.`);
}
