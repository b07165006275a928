import type { Logged } from "../event.ts";
import { RETENTION } from "../retention.ts";
import type { SagaStore, Stored } from "../store.ts";
import { type Entry, type EntryRow, readEntries } from "./entry.ts";
import { adoptSingle } from "./adopt-single.ts";
import { select, type SqlDatabase, tablesIn } from "./sql-database.ts";

/** Sagas that began within one such time, ms, are stored together, and forgotten together. */
export const PERIOD = RETENTION;
/** Wait before a table is looked at again whose sagas were not all over for long enough, ms. */
const LATER = 86_400_000;

const schema = (table: string) =>
  `CREATE TABLE ${table} (saga TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, entry TEXT NOT NULL,
   PRIMARY KEY (saga, seq)) WITHOUT ROWID`;

/**
 * The sagas of one object: what each began with, and its log, which is only ever added to. Where a saga stands follows
 * from the log. Every row and index entry that is written is paid for, one that is deleted, too: a commit is one row,
 * and a table goes as a whole.
 */
export class Histories {
  readonly #db: SqlDatabase;
  /** Numbers of the periods that have a table, newest first. */
  #periods: number[];
  #notBefore = 0;
  /** The saga that was alone in this object before it had room for many. */
  readonly adopted: Stored | undefined;

  constructor(db: SqlDatabase) {
    this.#db = db;
    const tables = tablesIn(db);
    this.#periods = tables
      .flatMap((name) => (name.startsWith("history_") ? [Number(name.slice("history_".length))] : []))
      .toSorted((a, b) => b - a);
    if (tables.includes("history") || tables.includes("saga")) this.adopted = this.#adopt();
  }

  of(saga: string): SagaStore {
    let table: string | undefined;
    let seq = 0;
    const add = (at: number, entry: Entry) => {
      const text = JSON.stringify(entry);
      this.#db.sql.exec(`INSERT INTO ${table} VALUES (?, ?, ?, ?)`, saga, seq + 1, at, text);
      seq += 1;
    };
    return {
      load: () => {
        for (const period of this.#periods) {
          table = tableOf(period);
          const query = `SELECT entry FROM ${table} WHERE saga = ? ORDER BY seq`;
          const rows = select<EntryRow>(this.#db, query, saga);
          seq = rows.length;
          if (seq > 0) return readEntries(rows);
        }
        return undefined;
      },
      begin: (head, started) => {
        table = this.#tableFor(head.startedAt);
        add(started.at, { head, log: [started] });
      },
      append: (events) => add(events.at(-1)?.at ?? 0, events),
    };
  }

  /** When something may be there to be forgotten, ms since the epoch; undefined when nothing is stored. */
  get expiry(): number | undefined {
    const oldest = this.#periods.at(-1);
    return oldest === undefined ? undefined : Math.max((oldest + 1) * PERIOD + RETENTION, this.#notBefore);
  }

  /** Forgets the sagas of each period whose last one has ended long ago. `hasLive`: of a table. */
  expire(now: number, hasLive: (table: string) => boolean): void {
    if (this.expiry === undefined || now < this.expiry) return;
    this.#notBefore = now + LATER;
    for (const period of this.#periods) {
      const table = tableOf(period);
      const isNeeded =
        now < (period + 1) * PERIOD + RETENTION ||
        hasLive(table) ||
        select(this.#db, `SELECT 1 FROM ${table} WHERE at > ? LIMIT 1`, now - RETENTION).length > 0;
      if (isNeeded) continue;
      this.#db.sql.exec(`DROP TABLE ${table}`);
      this.#periods = this.#periods.filter((other) => other !== period);
    }
  }

  #tableFor(time: number): string {
    const period = Math.floor(time / PERIOD);
    if (!this.#periods.includes(period)) {
      this.#db.sql.exec(schema(tableOf(period)));
      this.#periods = [...this.#periods, period].toSorted((a, b) => b - a);
    }
    return tableOf(period);
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
