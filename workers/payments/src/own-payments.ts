import { and, eq, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { payments } from "./schema.ts";

/** A user's payments for these orders. Somebody else's, and orders that nothing was paid for, are left out. */
export async function ownPayments(db: Database, userId: string, orderIds: readonly string[]) {
  const ids = sql`(SELECT value FROM json_each(${JSON.stringify(orderIds)}))`;
  const rows = await db
    .select()
    .from(payments)
    .where(and(eq(payments.userId, userId), sql`${payments.orderId} IN ${ids}`));
  return rows.map(({ orderId, status, amount, currency }) => ({
    orderId,
    status,
    amount: { amount, currency },
  }));
}
