import { and, eq, inArray, lte, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { executionId } from "./execution-id.ts";
import type { KeyObject, KeyStore } from "./key-store.ts";
import { idempotencyKeys } from "./d1-schema.ts";
import { begin, finish, type KeyRecord, release, suspend, withdraw } from "./record.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- a database of any schema that has the table
type AnyDatabase = DrizzleD1Database<any>;
type Row = typeof idempotencyKeys.$inferSelect;

/** Others were faster so often: more than there are requests with one key at one moment. */
const MAX_TRIES = 20;
/** Rows in one run of `forgetExpired`. */
const PAGE = 500;

/**
 * Idempotency keys in a D1 database, for services that answer keyed requests themselves. The same rules as the Durable
 * Object's, by compare-and-swap; a key takes two reads and two writes, on the database's primary. Call
 * `forgetExpired` by cron.
 */
export function d1KeyStore(db: AnyDatabase, now: () => number = Date.now): KeyStore {
  return { getByName: (name) => keyObject(db, name, now) };
}

function keyObject(db: AnyDatabase, name: string, now: () => number): KeyObject {
  /** Reads, lets the rules decide, and writes unless somebody else was faster; then it all begins again. */
  async function change<T>(rule: (before: KeyRecord) => { record: KeyRecord; told: T }): Promise<T> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const [row] = await db.select().from(idempotencyKeys).where(eq(idempotencyKeys.name, name));
      const before = row && recordOf(row);
      const { record, told } = rule(before);
      if (record === before || (await swap(db, name, row, record))) return told;
    }
    throw new Error(`Too many requests with one key at one moment: ${name}.`);
  }
  const keep = (rule: (before: KeyRecord) => KeyRecord) =>
    change((before) => ({ record: rule(before), told: undefined }));

  return {
    begin: (claim) =>
      change((before) => {
        const { record, verdict } = begin(before, claim, now(), () => executionId(now()));
        return { record, told: verdict };
      }),
    finish: (attempt, answer, lifetime) =>
      change((before) => {
        const { record, earlier } = finish(before, attempt, answer, lifetime, now());
        return { record, told: earlier };
      }),
    suspend: (attempt) => keep((before) => suspend(before, attempt, now())),
    release: (attempt) => keep((before) => release(before, attempt, now())),
    withdraw: (claimId) => keep((before) => withdraw(before, claimId, now())),
  };
}

/** True if the record was still as it had been read. */
async function swap(
  db: AnyDatabase,
  name: string,
  row: Row | undefined,
  record: KeyRecord,
): Promise<boolean> {
  const asRead = and(eq(idempotencyKeys.name, name), eq(idempotencyKeys.version, row?.version ?? 0));
  if (!record) {
    const gone = await db.delete(idempotencyKeys).where(asRead).returning({ name: idempotencyKeys.name });
    return gone.length > 0 || row === undefined;
  }
  const values = columnsOf(record);
  const changed = row
    ? await db
        .update(idempotencyKeys)
        .set({ ...values, version: row.version + 1 })
        .where(asRead)
        .returning({ name: idempotencyKeys.name })
    : await db
        .insert(idempotencyKeys)
        .values({ name, ...values, version: 1 })
        .onConflictDoNothing()
        .returning({ name: idempotencyKeys.name });
  return changed.length > 0;
}

function columnsOf(record: NonNullable<KeyRecord>): Pick<Row, "record" | "body" | "expiresAt"> {
  const { expiresAt } = record;
  if (record.state !== "finished") return { record, body: null, expiresAt };
  const { body, ...head } = record.answer;
  const bare = { ...record, answer: { ...head, body: new Uint8Array() } };
  return { record: bare, body: Buffer.from(body), expiresAt };
}

function recordOf({ record, body }: Row): NonNullable<KeyRecord> {
  if (record.state !== "finished") return record;
  return { ...record, answer: { ...record.answer, body: new Uint8Array(body ?? []) } };
}

/** Deletes keys that have expired, a bounded number of them; the number. An expired key that is still there counts as new. */
export async function forgetExpired(db: AnyDatabase, now: number): Promise<number> {
  const expired = db
    .select({ name: idempotencyKeys.name })
    .from(idempotencyKeys)
    .where(lte(idempotencyKeys.expiresAt, now))
    .limit(PAGE);
  const gone = await db
    .delete(idempotencyKeys)
    .where(inArray(idempotencyKeys.name, expired))
    .returning({ one: sql`1` });
  return gone.length;
}
