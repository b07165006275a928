import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { ledgerEntries } from "./schema.ts";

interface Sums {
  settled: number;
  inFlight: number;
  stranded: number;
  ledgerSum: number;
}

/** All sums in one query, hence of one moment. `open` travels as one parameter, since D1 takes at most 100 of them. */
export function audit(db: Database, open: readonly string[]): Promise<Sums> {
  const { account, amount, orderId } = ledgerEntries;
  return db.get<Sums>(sql`
    SELECT
      COALESCE(SUM(amount) FILTER (WHERE account = 'shop' AND NOT is_open), 0) AS settled,
      COALESCE(SUM(amount) FILTER (WHERE account IN ('held', 'shop') AND is_open), 0) AS inFlight,
      COALESCE(SUM(amount) FILTER (WHERE account = 'held' AND NOT is_open), 0) AS stranded,
      COALESCE(SUM(amount), 0) AS ledgerSum
    FROM (
      SELECT ${account} AS account, ${amount} AS amount,
        ${orderId} IN (SELECT value FROM json_each(${JSON.stringify(open)})) AS is_open
      FROM ${ledgerEntries}
    )`);
}
