import { DatabaseSync } from "node:sqlite";
import type { SqlDatabase } from "../shard/sql-database.ts";

/** A Durable Object's storage in memory; `rows`: for a look at it, past the interface. */
export function sqlite(): SqlDatabase & { rows(query: string): Record<string, unknown>[] } {
  let db = new DatabaseSync(":memory:");
  return {
    rows: (query) => db.prepare(query).all(),
    sql: {
      exec(query, ...bindings) {
        const rows = db.prepare(query).all(...bindings);
        return { toArray: () => rows as Record<string, SqlStorageValue>[] };
      },
    },
    async deleteAll() {
      db = new DatabaseSync(":memory:");
    },
    transactionSync(work) {
      db.exec("BEGIN");
      try {
        const result = work();
        db.exec("COMMIT");
        return result;
      } catch (error) {
        db.exec("ROLLBACK");
        throw error;
      }
    },
  };
}
