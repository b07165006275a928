import type { Logged, SagaState } from "./event.ts";
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
  CREATE TABLE IF NOT EXISTS saga (
    id TEXT PRIMARY KEY, definition TEXT NOT NULL, version INTEGER NOT NULL, head TEXT NOT NULL,
    state TEXT NOT NULL, updated_at INTEGER NOT NULL, indexed TEXT
  );
  CREATE TABLE IF NOT EXISTS log (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, type TEXT NOT NULL, step TEXT, event TEXT NOT NULL
  )`;

/** A saga in a database of its own: one row that says where it stands, and the log, which is only ever added to. */
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
    const log = this.#db.sql.exec("SELECT event FROM log ORDER BY seq").toArray() as unknown as LogRow[];
    return {
      head: JSON.parse(row.head) as Head,
      log: log.map(({ event }) => JSON.parse(event) as Logged),
      indexed: row.indexed ?? undefined,
    };
  }

  begin(head: Head, started: Logged): void {
    this.#db.transactionSync(() => {
      this.#db.sql.exec(SCHEMA);
      this.#db.sql.exec(
        "INSERT INTO saga (id, definition, version, head, state, updated_at) VALUES (?, ?, ?, ?, 'RUNNING', ?)",
        head.id,
        head.plan.name,
        head.plan.version,
        JSON.stringify(head),
        started.at,
      );
      this.#log(started);
    });
  }

  append(event: Logged, state: SagaState): void {
    this.#db.transactionSync(() => {
      this.#log(event);
      this.#db.sql.exec("UPDATE saga SET state = ?, updated_at = ?", state, event.at);
    });
  }

  markIndexed(state: SagaState): void {
    this.#db.sql.exec("UPDATE saga SET indexed = ?", state);
  }

  erase(): Promise<void> {
    return this.#db.deleteAll();
  }

  #log(event: Logged): void {
    const step = "step" in event ? event.step : null;
    this.#db.sql.exec(
      "INSERT INTO log (at, type, step, event) VALUES (?, ?, ?, ?)",
      event.at,
      event.type,
      step,
      JSON.stringify(event),
    );
  }
}
