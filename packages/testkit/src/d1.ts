import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { Copies, isRead, type Reader } from "./d1-copies.ts";
import { d1Error, d1TypeError } from "./d1-error.ts";

/** What workerd allows (src/workerd/util/sqlite.c++), so that a query too large for D1 fails in the test already. */
const LIMITS = {
  length: 2_200_000,
  sqlLength: 100_000,
  column: 100,
  exprDepth: 100,
  compoundSelect: 5,
  vdbeOp: 25_000,
  functionArg: 32,
  attach: 0,
  likePatternLength: 50,
  variableNumber: 100,
  triggerDepth: 10,
};

/**
 * A D1 database in memory, for tests of handlers in plain Node. `migrations` is a folder of `*.sql` files, applied in
 * the order of their names; a relative one is looked for in the working directory and the folders above it.
 */
export function d1(migrations?: string): D1Database {
  return new Database(open(migrations));
}

/** A D1 database with a read replica, which hears of writes when the test says so. */
export function replicatedD1(migrations?: string): D1Database & { replicate(): void } {
  const replica = open(migrations);
  return new Database(open(migrations), replica);
}

function open(migrations: string | undefined): DatabaseSync {
  const sqlite = new DatabaseSync(":memory:", { limits: LIMITS });
  for (const sql of migrations === undefined ? [] : readMigrations(migrations)) sqlite.exec(sql);
  return sqlite;
}

function readMigrations(folder: string): string[] {
  const found = findUp(folder);
  const files = readdirSync(found).filter((name) => name.endsWith(".sql"));
  // drizzle-kit's `--> statement-breakpoint` is a comment to SQLite: a file runs as it is, triggers included.
  return files.sort().map((name) => readFileSync(join(found, name), "utf8"));
}

function findUp(folder: string, from = process.cwd()): string {
  const candidate = resolve(from, folder);
  if (existsSync(candidate)) return candidate;
  if (isAbsolute(folder) || dirname(from) === from)
    throw new Error(`There is no folder ${folder} with migrations.`);
  return findUp(folder, dirname(from));
}

class Database implements D1Database {
  readonly #sqlite: DatabaseSync;
  readonly #copies: Copies;

  constructor(sqlite: DatabaseSync, replica?: DatabaseSync) {
    this.#sqlite = sqlite;
    this.#copies = new Copies(sqlite, replica);
  }

  prepare(query: string): D1PreparedStatement {
    return new Statement(this.#copies, "first-primary", query, []) as unknown as D1PreparedStatement;
  }

  /** One transaction: SQLite rolls everything back when a statement fails. */
  async batch<T = unknown>(statements: D1PreparedStatement[]): Promise<D1Result<T>[]> {
    await arrival();
    const all = statements as unknown as Statement[];
    // A batch that only reads may be answered by a replica.
    const sqlite = all.every((one) => one.reads) ? all[0]?.target : this.#sqlite;
    if (!sqlite) return [];
    const undo = this.#copies.mark();
    sqlite.exec("BEGIN");
    try {
      const results = all.map((statement) => statement.execute<T>(sqlite));
      sqlite.exec("COMMIT");
      return results;
    } catch (error) {
      undo();
      if (sqlite.isTransaction) sqlite.exec("ROLLBACK");
      throw d1Error(error);
    }
  }

  /** Brings the replica up to date. */
  replicate(): void {
    this.#copies.replicate();
  }

  async exec(query: string): Promise<D1ExecResult> {
    await arrival();
    try {
      this.#sqlite.exec(query);
    } catch (error) {
      throw d1Error(error, "D1_EXEC_ERROR");
    }
    return { count: query.split("\n").filter((line) => line.trim() !== "").length, duration: 0 };
  }

  /** A session begins where it is told to, and from then on sees no less than it has seen. */
  withSession(start = "first-unconstrained"): D1DatabaseSession {
    const session: Reader = { start, bookmark: undefined };
    return {
      prepare: (query: string) =>
        new Statement(this.#copies, session, query, []) as unknown as D1PreparedStatement,
      batch: <T>(statements: D1PreparedStatement[]) => this.batch<T>(statements),
      getBookmark: () => session.bookmark ?? null,
    };
  }

  dump(): Promise<ArrayBuffer> {
    throw new Error("dump() is not supported: D1 has deprecated it.");
  }
}

class Statement {
  readonly #copies: Copies;
  readonly #reader: Reader | "first-primary";
  readonly #query: string;
  readonly #values: SQLInputValue[];

  constructor(copies: Copies, reader: Reader | "first-primary", query: string, values: SQLInputValue[]) {
    this.#copies = copies;
    this.#reader = reader;
    this.#query = query;
    this.#values = values;
  }

  bind(...values: unknown[]): Statement {
    return new Statement(this.#copies, this.#reader, this.#query, values.map(toSqlite));
  }

  get reads(): boolean {
    return isRead(this.#query);
  }

  /** The copy that answers it. */
  get target(): DatabaseSync {
    const reader = this.#reader;
    if (reader === "first-primary" || !this.reads) return this.#copies.primary;
    return this.#copies.for(reader);
  }

  async first<T>(column?: string): Promise<T | null> {
    const { results } = await this.all<Record<string, unknown>>();
    const [row] = results;
    if (!row) return null;
    if (column === undefined) return row as T;
    if (!(column in row)) throw new Error(`D1_COLUMN_NOTFOUND: Column not found (${column})`);
    return row[column] as T;
  }

  run<T>(): Promise<D1Result<T>> {
    return this.all<T>();
  }

  async all<T>(): Promise<D1Result<T>> {
    await arrival();
    return this.execute<T>();
  }

  /** Rows as arrays: the only form that keeps columns of the same name apart. */
  async raw(options?: { columnNames?: boolean }): Promise<unknown[][]> {
    await arrival();
    const { columns, rows } = this.#rows(this.target);
    return options?.columnNames ? [columns, ...rows] : rows;
  }

  execute<T>(sqlite: DatabaseSync = this.target): D1Result<T> {
    const started = performance.now();
    const before = count(sqlite, "total_changes()");
    const { columns, rows } = this.#rows(sqlite);
    const changes = count(sqlite, "total_changes()") - before;
    const results = rows.map(
      (row) => Object.fromEntries(row.map((value, index) => [columns[index], value])) as T,
    );
    const meta = {
      duration: performance.now() - started,
      changes,
      // As workerd tells it: the row numbers that FTS5 takes for itself are beyond the safe integers.
      last_row_id: count(sqlite, "CAST(last_insert_rowid() AS REAL)"),
      changed_db: changes > 0,
      size_after: 0,
      // SQLite does not tell; these are close for queries that use an index.
      rows_read: rows.length,
      rows_written: changes,
    };
    return { success: true, results, meta };
  }

  #rows(sqlite: DatabaseSync): { columns: string[]; rows: unknown[][] } {
    try {
      const statement = prepared(sqlite, this.#query);
      const rows = statement.all(...this.#values) as unknown as unknown[][];
      // Afterwards: tables may have been swapped since it was prepared.
      const columns = statement.columns().map(({ name }) => name);
      if (!this.reads) this.#copies.wrote(this.#query, this.#values);
      if (this.#reader !== "first-primary") this.#copies.saw(this.#reader, sqlite);
      return { columns, rows: rows.map((row) => row.map(fromSqlite)) };
    } catch (error) {
      throw d1Error(error);
    }
  }
}

function count(sqlite: DatabaseSync, expression: string): number {
  const [row] = prepared(sqlite, `SELECT ${expression}`).all() as unknown as unknown[][];
  return Number(row?.[0]);
}

const statements = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

/** Preparing takes SQLite longer than most queries. */
function prepared(sqlite: DatabaseSync, query: string): StatementSync {
  const known = statements.get(sqlite) ?? new Map<string, StatementSync>();
  statements.set(sqlite, known);
  let statement = known.get(query);
  if (!statement) {
    statement = sqlite.prepare(query);
    statement.setReturnArrays(true);
    known.set(query, statement);
  }
  return statement;
}

/** D1 is a network away: other work runs before the query does, so tests see the interleavings that production has. */
function arrival(): Promise<void> {
  return Promise.resolve();
}

function toSqlite(value: unknown): SQLInputValue {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === null || typeof value === "number" || typeof value === "string") return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (Array.isArray(value)) return Uint8Array.from(value as number[]);
  throw d1TypeError(value);
}

/** D1 answers in JSON: a blob comes back as a list of bytes. */
function fromSqlite(value: unknown): unknown {
  return value instanceof Uint8Array ? [...value] : value;
}
