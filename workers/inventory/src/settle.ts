import type { Writing } from "./database.ts";
import { outOfStock } from "./out-of-stock.ts";
import {
  findReservation,
  impossible,
  linesOf,
  moveUnits,
  type Reservation,
  transition,
} from "./reservation.ts";
import { stocksOf } from "./stock.ts";

/**
 * The units leave. The money is taken by now, so an expired reservation is not the end: its units are taken again if
 * they are still there, else OUT_OF_STOCK, and the saga tries until they are. Rejects with RESERVATION_NOT_FOUND.
 */
export async function commit(writing: Writing, orderId: string): Promise<Reservation> {
  const reservation = await findReservation(writing.db, orderId);
  switch (reservation.status) {
    case "committed":
      return reservation;
    case "held":
      return transition(writing, reservation, "committed");
    case "expired":
      return commitExpired(writing, reservation);
    case "released":
    case "returned":
      throw impossible("committed", reservation);
  }
}

async function commitExpired(writing: Writing, reservation: Reservation): Promise<Reservation> {
  const { db, tx } = writing;
  const { orderId } = reservation;
  const lines = await linesOf(db, orderId);
  const stocks = await stocksOf(
    db,
    lines.map(({ productId }) => productId),
  );
  const committed = transition(writing, reservation, "committed");
  tx.reject("stock_available_check", () => outOfStock(lines, stocks));
  moveUnits(writing, orderId, -1);
  return committed;
}

/** The units are free again; those of an expired reservation already are, but now it cannot be committed any more. */
export async function release(writing: Writing, orderId: string): Promise<Reservation> {
  const reservation = await findReservation(writing.db, orderId);
  switch (reservation.status) {
    case "released":
      return reservation;
    case "expired":
      return transition(writing, reservation, "released");
    case "held": {
      const released = transition(writing, reservation, "released");
      moveUnits(writing, orderId, 1);
      return released;
    }
    case "committed":
    case "returned":
      throw impossible("released", reservation);
  }
}

/** A cancelled order's units come back to the shelf, once. Only units that had left can. */
export async function takeBack(writing: Writing, orderId: string): Promise<void> {
  const reservation = await findReservation(writing.db, orderId);
  if (reservation.status === "returned") return;
  if (reservation.status !== "committed") throw impossible("returned", reservation);
  transition(writing, reservation, "returned");
  moveUnits(writing, orderId, 1);
  writing.tx.emit("stock.returned", orderId, { orderId });
}
