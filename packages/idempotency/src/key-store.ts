import type { Attempt, Claim, StoredAnswer, Verdict } from "./record.ts";

/** What the middleware needs of a key's object; the namespace of `IdempotencyStore` is one such store. */
export interface KeyStore {
  getByName(name: string): KeyObject;
}

export interface KeyObject {
  begin(claim: Claim): Promise<Verdict>;
  finish(attempt: Attempt, answer: StoredAnswer, lifetime: number): Promise<StoredAnswer | undefined>;
  suspend(attempt: Attempt): Promise<void>;
  release(attempt: Attempt): Promise<void>;
  withdraw(claimId: string): Promise<void>;
}
