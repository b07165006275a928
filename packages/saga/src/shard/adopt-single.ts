import type { Logged } from "../event.ts";
import type { Head, Stored } from "../store.ts";
import { select, type SqlDatabase, tablesIn } from "./sql-database.ts";

/**
 * Takes a saga out of an object of its own as it was stored before objects had room for many: in one table, a row for
 * each commit, or, before that, in a table for the head and another with a row for each event.
 */
export function adoptSingle(db: SqlDatabase): Stored | undefined {
  const tables = tablesIn(db);
  const stored = tables.includes("saga") ? headAndLog(db) : history(db);
  for (const table of ["history", "saga", "log"])
    if (tables.includes(table)) db.sql.exec(`DROP TABLE ${table}`);
  return stored;
}

function history(db: SqlDatabase): Stored | undefined {
  const rows = select<{ entry: string }>(db, "SELECT entry FROM history ORDER BY seq");
  const [first, ...rest] = rows.map(({ entry }) => JSON.parse(entry) as unknown);
  if (first === undefined) return undefined;
  const { head, log } = first as Stored;
  return { head, log: [...log, ...(rest as Logged[][]).flat()] };
}

function headAndLog(db: SqlDatabase): Stored | undefined {
  const [row] = select<{ head: string }>(db, "SELECT head FROM saga");
  const events = select<{ event: string }>(db, "SELECT event FROM log ORDER BY seq");
  if (!row) return undefined;
  return {
    head: JSON.parse(row.head) as Head,
    log: events.map(({ event }) => JSON.parse(event) as Logged),
  };
}
