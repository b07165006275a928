import type { Logged } from "./event.ts";
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

const SCHEMA = "CREATE TABLE history (seq INTEGER PRIMARY KEY, entry TEXT NOT NULL)";

/** The first entry; each of the others is a list of events that were written together. */
type Beginning = Stored;

/**
 * A saga in a database of its own: what it began with, and the log, which is only ever added to. Where it stands follows
 * from the log. Every row, table and index entry is paid for, so there is one table, one row for each commit and no index.
 */
export class SqlStore implements SagaStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    this.#db = db;
  }

  load(): Stored | undefined {
    // An object that is only asked whether it has a saga stays empty, and costs nothing.
    const tables = this.#select<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE name IN ('history', 'saga')",
    );
    if (tables.length === 0) return undefined;
    if (tables.some(({ name }) => name === "saga")) this.#adoptEarlier();
    const rows = this.#select<{ entry: string }>("SELECT entry FROM history ORDER BY seq");
    const [first, ...rest] = rows.map(({ entry }) => JSON.parse(entry) as unknown);
    if (first === undefined) return undefined;
    const { head, log } = first as Beginning;
    return { head, log: [...log, ...(rest as Logged[][]).flat()] };
  }

  begin(head: Head, started: Logged): void {
    this.#db.transactionSync(() => this.#create({ head, log: [started] }));
  }

  append(events: readonly Logged[]): void {
    this.#add(events);
  }

  erase(): Promise<void> {
    return this.#db.deleteAll();
  }

  /** The first format had a table for the head, and a row for each event in another. */
  #adoptEarlier(): void {
    this.#db.transactionSync(() => {
      const [row] = this.#select<{ head: string }>("SELECT head FROM saga");
      const events = this.#select<{ event: string }>("SELECT event FROM log ORDER BY seq");
      this.#db.sql.exec("DROP TABLE saga");
      this.#db.sql.exec("DROP TABLE log");
      if (!row) return;
      const log = events.map(({ event }) => JSON.parse(event) as Logged);
      this.#create({ head: JSON.parse(row.head) as Head, log });
    });
  }

  #create(beginning: Beginning): void {
    this.#db.sql.exec(SCHEMA);
    this.#add(beginning);
  }

  #add(entry: Beginning | readonly Logged[]): void {
    this.#db.sql.exec("INSERT INTO history (entry) VALUES (?)", JSON.stringify(entry));
  }

  #select<Row>(query: string): Row[] {
    return this.#db.sql.exec(query).toArray() as unknown as Row[];
  }
}
