import { afterCursor, toPage } from "@weft/mesh";
import { and, asc, count, desc, eq, inArray, isNotNull, isNull, lt, lte, or } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { isOpen, sagaIndex } from "./index-schema.ts";
import * as z from "zod";
import { endStates, type SagaState } from "./event.ts";
import type { SagaSnapshot } from "./snapshot.ts";

export type IndexRow = typeof sagaIndex.$inferSelect;

/** Which sagas to list. */
export interface SagaFilter {
  readonly state?: SagaState | undefined;
  readonly definition?: string | undefined;
  readonly parked?: boolean | undefined;
  /** ms since the epoch */
  readonly startedBefore?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** A definition that live sagas go by. */
export interface Need {
  readonly definition: string;
  readonly version: number;
  readonly hash: string;
  readonly sagas: number;
}

const ended = [...endStates];
const isLive = and(isOpen(sagaIndex.state), inArray(sagaIndex.state, ["RUNNING", "COMPENSATING"]));
const LIST_KEY = z.tuple([z.int(), z.string()]);

/** The table of a service's sagas. */
export class SagaIndex {
  readonly #database: D1Database;
  readonly #db: DrizzleD1Database;

  constructor(database: D1Database) {
    this.#database = database;
    this.#db = drizzle(database);
  }

  /** Older news never replace newer ones. */
  publish(saga: SagaSnapshot): Promise<void> {
    return this.#publish(saga, { nextDueAt: saga.dueAt ?? null });
  }

  /** Of a saga that cannot be asked how it stands: all of it. The sweep leaves it alone. */
  publishWhole(saga: SagaSnapshot): Promise<void> {
    return this.#publish(saga, { nextDueAt: null, snapshot: saga });
  }

  async #publish(
    saga: SagaSnapshot,
    more: Pick<typeof sagaIndex.$inferInsert, "nextDueAt" | "snapshot">,
  ): Promise<void> {
    const { id, definition, version, hash, state, startedAt, updatedAt } = saga;
    const parked = saga.parked.length > 0 || saga.missing !== undefined;
    const news = { state, version, hash, parked, updatedAt, ...more };
    await this.#db
      .insert(sagaIndex)
      .values({ id, definition, startedAt, ...news })
      .onConflictDoUpdate({ target: sagaIndex.id, set: news, setWhere: lte(sagaIndex.updatedAt, updatedAt) });
  }

  async find(id: string): Promise<IndexRow | undefined> {
    return this.#db.select().from(sagaIndex).where(eq(sagaIndex.id, id)).get();
  }

  /** Sagas that should have gone on before `time`, longest overdue first. */
  overdue(time: number, limit: number): Promise<IndexRow[]> {
    return this.#db
      .select()
      .from(sagaIndex)
      .where(and(isLive, lt(sagaIndex.nextDueAt, time)))
      .orderBy(asc(sagaIndex.nextDueAt))
      .limit(limit);
  }

  /** Sagas that ended before `time`, without those that are postponed beyond `now`. */
  expired(time: number, now: number, limit: number): Promise<IndexRow[]> {
    const { state, startedAt, updatedAt, nextDueAt } = sagaIndex;
    const isTheirTurn = or(isNull(nextDueAt), lt(nextDueAt, now));
    return this.#db
      .select()
      .from(sagaIndex)
      .where(and(lt(startedAt, time), inArray(state, ended), lt(updatedAt, time), isTheirTurn))
      .limit(limit);
  }

  /** Newest first. Throws VALIDATION_FAILED for a cursor of another list. */
  async list({ state, definition, parked, startedBefore, limit, cursor }: SagaFilter) {
    const after = afterCursor(cursor, LIST_KEY);
    const found = await this.#db
      .select()
      .from(sagaIndex)
      .where(
        and(
          state && eq(sagaIndex.state, state),
          state && state !== "COMPLETED" ? isOpen(sagaIndex.state) : undefined,
          definition === undefined ? undefined : eq(sagaIndex.definition, definition),
          parked === undefined ? undefined : eq(sagaIndex.parked, parked),
          startedBefore === undefined ? undefined : lte(sagaIndex.startedAt, startedBefore),
          after &&
            or(
              lt(sagaIndex.startedAt, after[0]),
              and(eq(sagaIndex.startedAt, after[0]), lt(sagaIndex.id, after[1])),
            ),
        ),
      )
      .orderBy(desc(sagaIndex.startedAt), desc(sagaIndex.id))
      .limit(limit + 1);
    const { rows: items, nextCursor } = toPage(found, limit, (row) => [row.startedAt, row.id]);
    return { items, nextCursor };
  }

  /** What a deployment must keep: every definition that some saga has not finished with. */
  needs(): Promise<Need[]> {
    const { definition, version, hash } = sagaIndex;
    return this.#db
      .select({ definition, version, hash, sagas: count() })
      .from(sagaIndex)
      .where(isLive)
      .groupBy(definition, version, hash)
      .orderBy(asc(definition), asc(version));
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

  /** Forgets the sagas on Workflows that ended before `time`; Workflows forgets its instances by itself. */
  async forgetWhole(time: number): Promise<void> {
    const isOld = and(
      isNotNull(sagaIndex.snapshot),
      inArray(sagaIndex.state, ended),
      lt(sagaIndex.updatedAt, time),
    );
    await this.#db.delete(sagaIndex).where(isOld);
  }

  async countByState(): Promise<Record<string, number>> {
    const rows = await this.#db
      .select({ state: sagaIndex.state, sagas: count() })
      .from(sagaIndex)
      .groupBy(sagaIndex.state);
    return Object.fromEntries(rows.map(({ state, sagas }) => [state, sagas]));
  }
}
