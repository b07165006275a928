import type { Tx } from "@weft/events";
import { and, desc, eq, gt, isNull, lt, or } from "drizzle-orm";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import { ALGORITHM, CLOCK_SKEW, TOKEN_LIFETIME } from "./contract.ts";
import { decryptKey, encryptKey } from "./private-key.ts";
import { type Database, signingKeys } from "./schema.ts";

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
}

type KeyRow = typeof signingKeys.$inferSelect;
type NewKey = Pick<KeyRow, "kid" | "publicJwk" | "privateJwe">;

/** Age at which a key is replaced, ms. */
const MAX_AGE = 30 * 24 * 60 * 60 * 1000;
/** A sign-in that read the old key just before a rotation may still be hashing the password, ms. */
const SLACK = 60_000;
/** How long a retired key stays published: until its last token has expired on every verifier's clock, ms. */
export const AFTERLIFE = (TOKEN_LIFETIME + CLOCK_SKEW) * 1000 + SLACK;

/** The key to sign with; the first one is made here. */
export async function activeKey(db: Database, secret: Uint8Array, now: number): Promise<SigningKey> {
  const row = (await findActive(db)) ?? (await createFirst(db, secret, now));
  if (row.privateJwe === null) throw new Error(`Signing key ${row.kid} is active but has no private part.`);
  return { kid: row.kid, privateKey: await decryptKey(row.privateJwe, row.kid, secret) };
}

/** Public keys of all tokens that may still be valid, the newest first (RFC 7517). */
export async function publishedKeys(
  db: Database,
  secret: Uint8Array,
  now: number,
): Promise<(JWK & { kid: string })[]> {
  const find = () =>
    db
      .select()
      .from(signingKeys)
      .where(or(isNull(signingKeys.retiredAt), gt(signingKeys.retiredAt, now - AFTERLIFE)))
      .orderBy(desc(signingKeys.createdAt));
  let rows = await find();
  if (rows.length === 0) {
    await createFirst(db, secret, now);
    rows = await find();
  }
  return rows.map(({ kid, publicJwk }) => ({ ...publicJwk, kid, alg: ALGORITHM, use: "sig" }));
}

/** Lets a new key sign from now on; the old one forgets its private part. Answers with the new key's id. */
export async function rotate(db: Database, tx: Tx, secret: Uint8Array): Promise<string> {
  const [old, fresh] = await Promise.all([findActive(db), newKey(secret)]);
  const thatOne = and(eq(signingKeys.kid, old?.kid ?? ""), isNull(signingKeys.retiredAt));
  tx.add(
    db.update(signingKeys).set({ retiredAt: tx.now, privateJwe: null }).where(thatOne),
    db.insert(signingKeys).values({ ...fresh, createdAt: tx.now }),
  );
  // Somebody rotated meanwhile, so that their key is active and not the one found above.
  tx.rerunOn("signing_keys_active");
  return fresh.kid;
}

/** Forgets the retired keys whose tokens have all expired, and rotates the active one when it is old enough. */
export async function maintainKeys(db: Database, tx: Tx, secret: Uint8Array): Promise<void> {
  tx.add(db.delete(signingKeys).where(lt(signingKeys.retiredAt, tx.now - AFTERLIFE)));
  const active = await findActive(db);
  if (active && active.createdAt <= tx.now - MAX_AGE) await rotate(db, tx, secret);
}

function findActive(db: Database): Promise<KeyRow | undefined> {
  return db.select().from(signingKeys).where(isNull(signingKeys.retiredAt)).get();
}

/** Isolates may do this at once: one key wins and all of them use it. */
async function createFirst(db: Database, secret: Uint8Array, now: number): Promise<KeyRow> {
  await db
    .insert(signingKeys)
    .values({ ...(await newKey(secret)), createdAt: now })
    .onConflictDoNothing();
  const row = await findActive(db);
  if (!row) throw new Error("No signing key is active, not even after making one.");
  return row;
}

async function newKey(secret: Uint8Array): Promise<NewKey> {
  const pair = await generateKeyPair(ALGORITHM, { extractable: true });
  const publicJwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  return { kid, publicJwk, privateJwe: await encryptKey(await exportJWK(pair.privateKey), kid, secret) };
}
