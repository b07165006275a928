import { describe, log, systemRuntime } from "@weft/mesh";
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTHeaderParameters } from "jose";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Keys are asked for again after this long, ms. */
const MAX_AGE = 10 * MINUTE;
/** Keys older than this are not believed even if no newer ones can be had, ms. */
const MAX_STALE = 24 * 60 * MINUTE;
/** Strangers can invent key ids, so a refetch for an unknown one is earned every 30 s; five may be saved up. */
const COOLDOWN = 30 * SECOND;
const SAVED_UP = 5;

type KeySet = ReturnType<typeof createLocalJWKSet>;
export type LoadKeys = () => Promise<JSONWebKeySet>;

/**
 * The public keys of access tokens, in the isolate's memory. They are loaded at most once at a time; when their owner
 * cannot be reached, the ones at hand stay good. `now` in ms.
 */
export class JwksCache {
  readonly #now: () => number;
  #keys: KeySet | undefined;
  #loadedAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;
  #refetches = SAVED_UP;
  #earnedAt: number;

  constructor(now: () => number = systemRuntime.now) {
    this.#now = now;
    this.#earnedAt = now();
  }

  /** The key that a token names. Rejects with jose's JWKSNoMatchingKey, or with what `load` failed with. */
  async find(header: JWTHeaderParameters, load: LoadKeys): Promise<CryptoKey> {
    const keys = await this.#current(load);
    try {
      return await keys(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !this.#mayRefetch()) throw error;
      await this.#load(load);
      return this.#keys ? this.#keys(header) : keys(header);
    }
  }

  async #current(load: LoadKeys): Promise<KeySet> {
    const now = this.#now();
    const age = now - this.#loadedAt;
    if (this.#keys && age < MAX_AGE) return this.#keys;
    if (this.#keys && age < MAX_STALE && now - this.#failedAt < COOLDOWN) return this.#keys;
    try {
      await this.#load(load);
    } catch (error) {
      if (!this.#keys || age >= MAX_STALE) throw error;
      log("warn", "jwks", { age, cause: describe(error) });
    }
    if (!this.#keys) throw new errors.JWKSNoMatchingKey();
    return this.#keys;
  }

  #load(load: LoadKeys): Promise<void> {
    this.#loading ??= load()
      .then((keys) => {
        this.#keys = createLocalJWKSet(keys);
        this.#loadedAt = this.#now();
      })
      .catch((error: unknown) => {
        this.#failedAt = this.#now();
        throw error;
      })
      .finally(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }

  #mayRefetch(): boolean {
    const earned = Math.floor((this.#now() - this.#earnedAt) / COOLDOWN);
    if (earned > 0) {
      this.#refetches = Math.min(SAVED_UP, this.#refetches + earned);
      this.#earnedAt += earned * COOLDOWN;
    }
    if (this.#refetches === 0) return false;
    this.#refetches--;
    return true;
  }
}
