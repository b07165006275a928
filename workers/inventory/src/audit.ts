import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";

export interface StockAudit {
  received: number;
  onHand: number;
  reserved: number;
  inFlight: number;
}

/**
 * All counts in one statement, hence of one moment. With the units of confirmed orders, which only the orders service
 * knows, `received - confirmed = onHand + inFlight`.
 */
export async function audit(db: Database, open: readonly string[]): Promise<StockAudit> {
  const [{ received, available, reserved, inFlight } = NOTHING] = await db.all<typeof NOTHING>(sql`
    SELECT
      (SELECT COALESCE(SUM(received), 0) FROM stock) AS received,
      (SELECT COALESCE(SUM(available), 0) FROM stock) AS available,
      (SELECT COALESCE(SUM(quantity), 0) FROM reservations JOIN reservation_items USING (order_id)
        WHERE status = 'held') AS reserved,
      (SELECT COALESCE(SUM(quantity), 0) FROM reservations JOIN reservation_items USING (order_id)
        WHERE status = 'committed' AND order_id IN (SELECT value FROM json_each(${JSON.stringify(open)}))) AS inFlight`);
  return { received, onHand: available + reserved, reserved, inFlight };
}

const NOTHING = { received: 0, available: 0, reserved: 0, inFlight: 0 };
