import type { OutputOf } from "@weft/mesh";
import { count, eq, inArray, max, sum } from "drizzle-orm";
import type { orders as contract } from "./contract.ts";
import * as tables from "./schema.ts";
import type { Database } from "./database.ts";

/** Sums over all orders, as of one moment: a batch is one transaction. The shop sells in one currency. */
export async function audit(db: Database): Promise<OutputOf<typeof contract.operations.audit>> {
  const { orders, orderItems, eventLog } = tables;
  const [counts, open, [totals], [units], [log]] = await db.batch([
    db.select({ status: orders.status, count: count() }).from(orders).groupBy(orders.status),
    db
      .select({ id: orders.id })
      .from(orders)
      .where(inArray(orders.status, ["pending", "cancelling"])),
    db
      .select({ amount: sum(orders.totalAmount).mapWith(Number) })
      .from(orders)
      .where(eq(orders.status, "confirmed")),
    db
      .select({ quantity: sum(orderItems.quantity).mapWith(Number) })
      .from(orderItems)
      .innerJoin(orders, eq(orders.id, orderItems.orderId))
      .where(eq(orders.status, "confirmed")),
    db.select({ seq: max(eventLog.seq) }).from(eventLog),
  ]);
  return {
    counts: Object.fromEntries(counts.map((row) => [row.status, row.count])),
    open: open.map(({ id }) => id),
    confirmedTotal: totals?.amount ?? 0,
    confirmedUnits: units?.quantity ?? 0,
    version: log?.seq ?? 0,
  };
}
