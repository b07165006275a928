import type { Operation } from "@weft/mesh";

/**
 * One piece of work's way to the database. Its queries see each other's effects in their order; the first of them may
 * be answered by a replica, if the work only reads, that is as new as what the caller has seen.
 * https://developers.cloudflare.com/d1/best-practices/read-replication/
 */
export class Session {
  readonly #database: D1Database;
  #session: D1DatabaseSession;

  constructor(database: D1Database, start: string) {
    this.#database = database;
    this.#session = database.withSession(start);
  }

  prepare(query: string): D1PreparedStatement {
    return this.#session.prepare(query);
  }

  batch<T>(statements: D1PreparedStatement[]): Promise<D1Result<T>[]> {
    return this.#session.batch<T>(statements);
  }

  /** From here on nothing is older than what is written now: for whoever is about to write after all. */
  toPrimary(): void {
    this.#session = this.#database.withSession("first-primary");
  }

  /** What has been seen; undefined before the first query. */
  get bookmark(): string | undefined {
    return this.#session.getBookmark() ?? undefined;
  }
}

/** Where a piece of work may begin to read: only what is called to read may be answered by a replica. */
export function startOf(operation: Operation | undefined, bookmark: string | undefined): string {
  if (!operation?.safe || operation.fresh) return "first-primary";
  return bookmark ?? "first-unconstrained";
}
