import { createHash } from "node:crypto";
import type { Plan } from "../plan.ts";
import { select, type SqlDatabase } from "./sql-database.ts";

/** The plans that an object's sagas began with: thousands of sagas share one. */
export class Plans {
  readonly #db: SqlDatabase;
  readonly #keys = new WeakMap<Plan, string>();
  readonly #plans = new Map<string, Plan>();

  constructor(db: SqlDatabase) {
    this.#db = db;
  }

  /** Stores a plan if it is not there yet; the key to find it by. */
  keep(plan: Plan): string {
    const known = this.#keys.get(plan);
    if (known !== undefined && this.#plans.has(known)) return known;
    const text = JSON.stringify(plan);
    const key = createHash("sha256").update(text).digest("base64url");
    this.#db.sql.exec(
      "CREATE TABLE IF NOT EXISTS plans (key TEXT PRIMARY KEY, plan TEXT NOT NULL) WITHOUT ROWID",
    );
    this.#db.sql.exec("INSERT OR IGNORE INTO plans VALUES (?, ?)", key, text);
    this.#keys.set(plan, key);
    this.#plans.set(key, plan);
    return key;
  }

  get(key: string): Plan {
    const known = this.#plans.get(key);
    if (known) return known;
    const [row] = select<{ plan: string }>(this.#db, "SELECT plan FROM plans WHERE key = ?", key);
    if (!row) throw new Error(`The plan ${key} is not stored.`);
    const plan = JSON.parse(row.plan) as Plan;
    this.#keys.set(plan, key);
    this.#plans.set(key, plan);
    return plan;
  }

  /** The storage is emptied. */
  forget(): void {
    this.#plans.clear();
  }
}
