import type { Tx } from "@weft/events";
import { and, desc, eq, gt, isNotNull, isNull, lt, or } from "drizzle-orm";
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

/** How long a key signs, ms. */
const TERM = 30 * 24 * 60 * 60 * 1000;
/** A sign-in that read the old key just before a rotation may still be hashing the password, ms. */
const SLACK = 60_000;
/** How long a retired key stays published: until its last token has expired on every verifier's clock, ms. */
export const AFTERLIFE = (TOKEN_LIFETIME + CLOCK_SKEW) * 1000 + SLACK;

const isActive = and(isNotNull(signingKeys.activatedAt), isNull(signingKeys.retiredAt));
const isNext = isNull(signingKeys.activatedAt);

/** The key to sign with; the first ones are made here. */
export async function activeKey(db: Database, secret: Uint8Array, now: number): Promise<SigningKey> {
  const row = (await find(db, isActive)) ?? (await createFirst(db, secret, now));
  if (row.privateJwe === null) throw new Error(`Signing key ${row.kid} is active but has no private part.`);
  return { kid: row.kid, privateKey: await decryptKey(row.privateJwe, row.kid, secret) };
}

/**
 * Public keys of all tokens that may still be valid, and of those to come, the newest first (RFC 7517). The next key
 * has been here for as long as the active one signs, so a verifier knows it before the first token that it signs.
 */
export async function publishedKeys(
  db: Database,
  secret: Uint8Array,
  now: number,
): Promise<(JWK & { kid: string })[]> {
  const published = () =>
    db
      .select()
      .from(signingKeys)
      .where(or(isNull(signingKeys.retiredAt), gt(signingKeys.retiredAt, now - AFTERLIFE)))
      .orderBy(desc(signingKeys.createdAt));
  let rows = await published();
  if (rows.length === 0) {
    await createFirst(db, secret, now);
    rows = await published();
  }
  return rows.map(({ kid, publicJwk }) => ({ ...publicJwk, kid, alg: ALGORITHM, use: "sig" }));
}

/** Lets the next key sign from now on, makes another next one, and forgets the old private key. Gives the signer's id. */
export async function rotate(db: Database, tx: Tx, secret: Uint8Array): Promise<string> {
  const [next, fresh] = await Promise.all([find(db, isNext), newKey(secret)]);
  // A database of before there were next keys has none, and one from under another secret can never sign.
  const signer: NewKey = next && (await opens(next, secret)) ? next : await newKey(secret);
  const { kid, publicJwk, privateJwe } = signer;
  tx.add(
    db.update(signingKeys).set({ retiredAt: tx.now, privateJwe: null }).where(isActive),
    db
      .insert(signingKeys)
      .values({ kid, publicJwk, privateJwe, createdAt: tx.now, activatedAt: tx.now })
      .onConflictDoUpdate({ target: signingKeys.kid, set: { activatedAt: tx.now } }),
    db.delete(signingKeys).where(and(eq(signingKeys.kid, next?.kid ?? ""), isNext)),
    db.insert(signingKeys).values({ ...fresh, createdAt: tx.now }),
  );
  // Somebody rotated meanwhile, so that the next key is theirs and not the one found above.
  tx.rerunOn("signing_keys_next");
  return kid;
}

function opens({ privateJwe, kid }: NewKey, secret: Uint8Array): Promise<boolean> {
  return decryptKey(privateJwe ?? "", kid, secret).then(
    () => true,
    () => false,
  );
}

/** Forgets the retired keys whose tokens have all expired, and rotates when the active one's term is over. */
export async function maintainKeys(db: Database, tx: Tx, secret: Uint8Array): Promise<void> {
  tx.add(db.delete(signingKeys).where(lt(signingKeys.retiredAt, tx.now - AFTERLIFE)));
  const active = await find(db, isActive);
  if (active && (active.activatedAt ?? 0) <= tx.now - TERM) await rotate(db, tx, secret);
}

function find(db: Database, which: typeof isActive): Promise<KeyRow | undefined> {
  return db.select().from(signingKeys).where(which).get();
}

/** The first key and its successor. Isolates may do this at once: one pair wins and all of them use it. */
async function createFirst(db: Database, secret: Uint8Array, now: number): Promise<KeyRow> {
  const [first, next] = await Promise.all([newKey(secret), newKey(secret)]);
  const add = (key: NewKey, activatedAt: number | null) =>
    db
      .insert(signingKeys)
      .values({ ...key, createdAt: now, activatedAt })
      .onConflictDoNothing();
  await db.batch([add(first, now), add(next, null)]);
  const row = await find(db, isActive);
  if (!row) throw new Error("No signing key is active, not even after making one.");
  return row;
}

async function newKey(secret: Uint8Array): Promise<NewKey> {
  const pair = await generateKeyPair(ALGORITHM, { extractable: true });
  const publicJwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  return { kid, publicJwk, privateJwe: await encryptKey(await exportJWK(pair.privateKey), kid, secret) };
}
