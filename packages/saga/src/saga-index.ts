import { and, asc, count, eq, isNotNull, lt, lte } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { sagaIndex } from "./index-schema.ts";
import type { SagaSnapshot } from "./snapshot.ts";

type Row = typeof sagaIndex.$inferSelect;

/** The table of a service's sagas. */
export class SagaIndex {
  readonly #database: D1Database;
  readonly #db: DrizzleD1Database;

  constructor(database: D1Database) {
    this.#database = database;
    this.#db = drizzle(database);
  }

  /** Older news never replace newer ones. */
  async publish({ id, definition, state, startedAt, updatedAt, dueAt }: SagaSnapshot): Promise<void> {
    const news = { state, updatedAt, nextDueAt: dueAt ?? null };
    await this.#db
      .insert(sagaIndex)
      .values({ id, definition, startedAt, ...news })
      .onConflictDoUpdate({ target: sagaIndex.id, set: news, setWhere: lte(sagaIndex.updatedAt, updatedAt) });
  }

  /** Sagas that should have gone on before `time`, longest overdue first. */
  overdue(time: number, limit: number): Promise<Row[]> {
    return this.#db
      .select()
      .from(sagaIndex)
      .where(and(isNotNull(sagaIndex.nextDueAt), lt(sagaIndex.nextDueAt, time)))
      .orderBy(asc(sagaIndex.nextDueAt))
      .limit(limit);
  }

  /** Throws if the database does not answer; costs the same however many sagas there have been. */
  async check(): Promise<void> {
    await this.#database.prepare("SELECT 1").run();
  }

  /** Lets a saga that could not be woken wait behind the others, until `time`, ms since the epoch. */
  async postpone(id: string, time: number): Promise<void> {
    await this.#db.update(sagaIndex).set({ nextDueAt: time }).where(eq(sagaIndex.id, id));
  }

  async forget(id: string): Promise<void> {
    await this.#db.delete(sagaIndex).where(eq(sagaIndex.id, id));
  }

  async countByState(): Promise<Record<string, number>> {
    const rows = await this.#db
      .select({ state: sagaIndex.state, sagas: count() })
      .from(sagaIndex)
      .groupBy(sagaIndex.state);
    return Object.fromEntries(rows.map(({ state, sagas }) => [state, sagas]));
  }
}
