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

export function select<Row>(db: SqlDatabase, query: string, ...bindings: (string | number | null)[]): Row[] {
  return db.sql.exec(query, ...bindings).toArray() as unknown as Row[];
}

export function tablesIn(db: SqlDatabase): string[] {
  return select<{ name: string }>(db, "SELECT name FROM sqlite_master WHERE type = 'table'").map(
    ({ name }) => name,
  );
}
