import { log, type Plugin } from "@weft/mesh";
import { eq, inArray, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { reservations, stock } from "./schema.ts";

/** Reservations in one batch, and batches in one run: what is left over waits for the next minute. */
const ROUND = 100;
const MAX_ROUNDS = 20;

/** Gives the units of forgotten reservations back, on the Worker's cron. */
export function expiry(): Plugin {
  return {
    async scheduled(_, work) {
      const { scope, resources } = work.open();
      const expired = await expireReservations(resources.db as Database, Date.now());
      if (expired > 0) log("info", "reservations expired", { service: scope.service, expired });
    },
  };
}

/** `now` in ms since the epoch. Returns how many reservations have expired. */
export async function expireReservations(db: Database, now: number, round = ROUND): Promise<number> {
  let total = 0;
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
    const expired = await expireRound(db, now, round);
    total += expired;
    if (expired < round) break;
  }
  return total;
}

/** What is due is looked up inside the batch, so a commit or release that came first has its reservation for itself. */
async function expireRound(db: Database, now: number, round: number): Promise<number> {
  const due = sql`(SELECT order_id FROM reservations WHERE status = 'held' AND expires_at <= ${now} ORDER BY expires_at, order_id LIMIT ${round})`;
  const [, expired] = await db.batch([
    db
      .update(stock)
      .set({ available: sql`${stock.available} + freed.units` })
      .from(
        sql`(SELECT product_id, SUM(quantity) AS units FROM reservation_items WHERE order_id IN ${due} GROUP BY product_id) AS freed`,
      )
      .where(eq(stock.productId, sql`freed.product_id`)),
    db
      .update(reservations)
      .set({ status: "expired" })
      .where(inArray(reservations.orderId, due))
      .returning({ orderId: reservations.orderId }),
  ]);
  return expired.length;
}
