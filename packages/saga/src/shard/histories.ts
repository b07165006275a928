import type { Logged } from "../event.ts";
import { RETENTION } from "../retention.ts";
import type { Head, SagaStore, Stored } from "../store.ts";
import { adoptSingle } from "./adopt-single.ts";
import { Plans } from "./plans.ts";
import { select, type SqlDatabase, tablesIn } from "./sql-database.ts";

/** Sagas that began within one such time, ms, are stored together, and forgotten together. */
export const PERIOD = RETENTION / 6;

const schema = (table: string) =>
  `CREATE TABLE ${table} (saga TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, entry TEXT NOT NULL,
   PRIMARY KEY (saga, seq)) WITHOUT ROWID`;

/** A saga's first row; each of the others is a list of events that were written together. */
interface Beginning {
  /** `plan`: its key. */
  readonly head: Omit<Head, "plan"> & { readonly plan: string };
  readonly log: readonly Logged[];
}

/**
 * The sagas of one object: what each began with, and its log, which is only ever added to. Where a saga stands follows
 * from the log. Every row and index entry that is written is paid for, and each that is deleted, but not those of a
 * table that is dropped: a commit is one row, and sagas go by the table.
 */
export class Histories {
  readonly #db: SqlDatabase;
  readonly #plans: Plans;
  /** Numbers of the periods that have a table, newest first. */
  #periods: number[];
  /** The saga that was alone in this object before it had room for many. */
  readonly adopted: Stored | undefined;

  constructor(db: SqlDatabase) {
    this.#db = db;
    this.#plans = new Plans(db);
    const tables = tablesIn(db);
    this.#periods = tables
      .flatMap((name) => (name.startsWith("history_") ? [Number(name.slice("history_".length))] : []))
      .toSorted((a, b) => b - a);
    if (tables.includes("history") || tables.includes("saga")) this.adopted = this.#adopt();
  }

  of(saga: string): SagaStore {
    let period = Number.NaN;
    let seq = 0;
    const add = (at: number, entry: Beginning | readonly Logged[]) => {
      const insert = `INSERT INTO ${tableOf(period)} VALUES (?, ?, ?, ?)`;
      this.#db.sql.exec(insert, saga, seq + 1, at, JSON.stringify(entry));
      seq += 1;
    };
    return {
      load: () => {
        period = this.#periodOf(saga);
        if (Number.isNaN(period)) return undefined;
        const query = `SELECT entry FROM ${tableOf(period)} WHERE saga = ? ORDER BY seq`;
        const rows = select<{ entry: string }>(this.#db, query, saga);
        seq = rows.length;
        const [first, ...rest] = rows.map(({ entry }) => JSON.parse(entry) as unknown);
        const { head, log } = first as Beginning;
        const plan = this.#plans.get(head.plan);
        return { head: { ...head, plan }, log: [...log, ...(rest as Logged[][]).flat()] };
      },
      begin: (head, started) => {
        const plan = this.#plans.keep(head.plan);
        period = this.#periodAt(head.startedAt);
        add(started.at, { head: { ...head, plan }, log: [started] });
      },
      append: (events) => {
        // It was carried on since.
        if (!this.#periods.includes(period)) period = this.#periodOf(saga);
        add(events.at(-1)?.at ?? 0, events);
      },
    };
  }

  /** When the oldest sagas are there to be forgotten, ms since the epoch; undefined when nothing is stored. */
  get expiry(): number | undefined {
    const oldest = this.#periods.at(-1);
    return oldest === undefined ? undefined : (oldest + 1) * PERIOD + RETENTION;
  }

  /**
   * Forgets the sagas of each period that is over for long. Those that have not ended, or not for long, are carried on
   * into the present one. `live`: the table of those that have not ended.
   */
  expire(now: number, live: string | undefined): void {
    for (const period of this.#periods) {
      if (now < (period + 1) * PERIOD + RETENTION) continue;
      const table = tableOf(period);
      const recent = `SELECT saga FROM ${table} WHERE at > ${now - RETENTION}`;
      const kept = `SELECT * FROM ${table} WHERE saga IN (${live ? `${recent} UNION SELECT saga FROM ${live}` : recent})`;
      // Its table comes before the transaction, which would take it back if it failed.
      const present = select(this.#db, `${kept} LIMIT 1`).length > 0 && tableOf(this.#periodAt(now));
      this.#db.transactionSync(() => {
        if (present) this.#db.sql.exec(`INSERT INTO ${present} ${kept}`);
        this.#db.sql.exec(`DROP TABLE ${table}`);
      });
      this.#periods = this.#periods.filter((other) => other !== period);
    }
  }

  /** The storage is emptied. */
  forget(): void {
    this.#plans.forget();
  }

  /** The period in whose table a saga is; NaN where it is in none. */
  #periodOf(saga: string): number {
    const isIn = (period: number) =>
      select(this.#db, `SELECT 1 FROM ${tableOf(period)} WHERE saga = ? LIMIT 1`, saga).length > 0;
    return this.#periods.find(isIn) ?? Number.NaN;
  }

  /** The period of a time; its table is there. */
  #periodAt(time: number): number {
    const period = Math.floor(time / PERIOD);
    if (!this.#periods.includes(period)) {
      this.#db.sql.exec(schema(tableOf(period)));
      this.#periods = [...this.#periods, period].toSorted((a, b) => b - a);
    }
    return period;
  }

  #adopt(): Stored | undefined {
    return this.#db.transactionSync(() => {
      const stored = adoptSingle(this.#db);
      if (!stored) return undefined;
      const [started, ...events] = stored.log as [Logged, ...Logged[]];
      const store = this.of(stored.head.id);
      store.begin(stored.head, started);
      if (events.length > 0) store.append(events);
      return stored;
    });
  }
}

function tableOf(period: number): string {
  return `history_${period}`;
}
