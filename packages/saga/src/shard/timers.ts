import type { AlarmClock } from "../dead-man.ts";
import { select, type SqlDatabase, tablesIn } from "./sql-database.ts";

/** The table of the sagas that have not ended, or of whose end the index does not know. */
const TIMERS = "timers";
/** An alarm that should have rung this long ago, ms, is lost. */
const LOST = 5_000;
/** One that is to ring this much too late, ms, is wrong; while it is ringing it stands at half of that. */
const LATE = 60_000;
/** Shortest time, ms, from one look at what is due to the next. */
const PAUSE = 1_000;

/**
 * When each saga of an object is to be looked at again. A timer is due until it is set anew or cleared, whatever becomes
 * of the process; the object's alarm rings at the earliest of them, or before.
 */
export class Timers {
  readonly #db: SqlDatabase;
  readonly #alarm: AlarmClock;
  readonly #now: () => number;
  #hasTable: boolean;
  /** When the alarm rings; undefined while this process does not know. */
  #ringsAt: number | undefined;

  constructor(db: SqlDatabase, alarm: AlarmClock, now: () => number) {
    this.#db = db;
    this.#alarm = alarm;
    this.#now = now;
    this.#hasTable = tablesIn(db).includes(TIMERS);
  }

  of(saga: string): AlarmClock {
    return {
      get: async () =>
        this.#select<{ due: number }>(`SELECT due FROM ${TIMERS} WHERE saga = ?`, saga)[0]?.due,
      // The timer is written before anything is waited for: it is one commit with what the caller writes next.
      set: (at) => {
        this.put(saga, at);
        return this.#ringBy(at);
      },
      clear: async () => this.remove(saga),
    };
  }

  put(saga: string, due: number): void {
    if (!this.#hasTable) {
      const columns = "(saga TEXT PRIMARY KEY, due INTEGER NOT NULL)";
      this.#db.sql.exec(`CREATE TABLE ${TIMERS} ${columns} WITHOUT ROWID`);
      this.#hasTable = true;
    }
    const upsert = `INSERT INTO ${TIMERS} VALUES (?, ?) ON CONFLICT (saga) DO UPDATE SET due = excluded.due`;
    this.#db.sql.exec(upsert, saga, due);
  }

  remove(saga: string): void {
    this.#select(`DELETE FROM ${TIMERS} WHERE saga = ?`, saga);
  }

  /** The table of the sagas that have a timer, in its column `saga`; undefined while there is none. */
  get table(): string | undefined {
    return this.#hasTable ? TIMERS : undefined;
  }

  /** The storage is emptied. */
  async forget(): Promise<void> {
    this.#hasTable = false;
    this.#ringsAt = undefined;
    await this.#alarm.clear();
  }

  /** Sagas whose time has come, longest overdue first. */
  due(limit: number): string[] {
    const query = `SELECT saga FROM ${TIMERS} WHERE due <= ? ORDER BY due LIMIT ?`;
    return this.#select<{ saga: string }>(query, this.#now(), limit).map(({ saga }) => saga);
  }

  /** The alarm rings at this time and not before. */
  async ringAt(time: number): Promise<void> {
    // The platform knows whole milliseconds, and before its time nothing is due.
    const at = Math.ceil(time);
    this.#ringsAt = at;
    try {
      await this.#alarm.set(at);
    } catch (error) {
      this.#ringsAt = undefined;
      throw error;
    }
  }

  /** The alarm rings at the earliest timer, or at `other` if that is before. */
  async ringAtNext(other = Number.POSITIVE_INFINITY): Promise<void> {
    const next = Math.min(this.#earliest, other);
    if (next < Number.POSITIVE_INFINITY) await this.ringAt(Math.max(next, this.#now() + PAUSE));
  }

  /** Sets an alarm anew that the platform has dropped or that would be late, as `ringAtNext` does; true if it was so. */
  async restore(other = Number.POSITIVE_INFINITY): Promise<boolean> {
    const next = Math.min(this.#earliest, other);
    if (next === Number.POSITIVE_INFINITY) return false;
    const ringsAt = (await this.#alarm.get()) ?? Number.POSITIVE_INFINITY;
    if (ringsAt <= Math.max(next, this.#now()) + LATE) return false;
    await this.ringAtNext(other);
    return true;
  }

  async #ringBy(at: number): Promise<void> {
    const ringsAt = this.#ringsAt ?? Number.NEGATIVE_INFINITY;
    const isKnown = ringsAt > this.#now() - LOST;
    if (!isKnown) await this.ringAtNext();
    else if (at < ringsAt) await this.ringAt(at);
  }

  get #earliest(): number {
    const [row] = this.#select<{ due: number | null }>(`SELECT min(due) AS due FROM ${TIMERS}`);
    return row?.due ?? Number.POSITIVE_INFINITY;
  }

  #select<Row>(query: string, ...bindings: (string | number)[]): Row[] {
    return this.#hasTable ? select<Row>(this.#db, query, ...bindings) : [];
  }
}
