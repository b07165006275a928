import type { Logged, SagaState } from "./event.ts";
import { isFinal } from "./interpreter.ts";
import type { Head, SagaStore, Stored } from "./store.ts";

/** The part of a Durable Object's storage that is used. */
export interface SqlDatabase {
  readonly sql: {
    exec(
      query: string,
      ...bindings: (string | number | null)[]
    ): { toArray(): Record<string, SqlStorageValue>[] };
  };
  transactionSync<T>(work: () => T): T;
  deleteAll(): Promise<void>;
}

interface HeadRow {
  readonly head: string;
  readonly indexed: SagaState | null;
}

interface LogRow {
  readonly event: string;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS saga (head TEXT NOT NULL, indexed TEXT);
  CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, event TEXT NOT NULL)`;

/**
 * A saga in a database of its own: what it began with, and the log, which is only ever added to. Where it stands follows
 * from the log. Every row and every index entry is paid for, so there is one row for each event and no index.
 */
export class SqlStore implements SagaStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    this.#db = db;
  }

  load(): Stored | undefined {
    // An object that is only asked whether it has a saga stays empty, and costs nothing.
    if (this.#db.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'saga'").toArray().length === 0)
      return undefined;
    const [row] = this.#db.sql.exec("SELECT head, indexed FROM saga").toArray() as unknown as HeadRow[];
    if (!row) return undefined;
    const rows = this.#db.sql.exec("SELECT event FROM log ORDER BY seq").toArray() as unknown as LogRow[];
    const log = rows.map(({ event }) => JSON.parse(event) as Logged);
    // Nothing is sent before the index knows of the saga.
    const known = log.some(({ type }) => type === "intent") ? "RUNNING" : undefined;
    return { head: JSON.parse(row.head) as Head, log, indexed: row.indexed ?? known };
  }

  begin(head: Head, started: Logged): void {
    this.#db.transactionSync(() => {
      this.#db.sql.exec(SCHEMA);
      this.#db.sql.exec("INSERT INTO saga (head) VALUES (?)", JSON.stringify(head));
      this.#log(started);
    });
  }

  append(event: Logged): void {
    this.#log(event);
  }

  markIndexed(state: SagaState): void {
    // What else the index was told is of no use to the next process.
    if (!isFinal(state)) return;
    this.#db.sql.exec("UPDATE saga SET indexed = ?", state);
  }

  erase(): Promise<void> {
    return this.#db.deleteAll();
  }

  #log(event: Logged): void {
    this.#db.sql.exec("INSERT INTO log (event) VALUES (?)", JSON.stringify(event));
  }
}
