export { Execution, type Outcome } from "./execution.ts";
export { executionId } from "./execution-id.ts";
export { fingerprint } from "./fingerprint.ts";
export { idempotent, type IdempotencyOptions, type IdempotencyVariables } from "./idempotent.ts";
export { readKey } from "./key.ts";
export type { KeyObject, KeyStore } from "./key-store.ts";
export { begin, finish, release, suspend } from "./record.ts";
export type { Attempt, Claim, Claimed, Finished, KeyRecord, StoredAnswer, Verdict } from "./record.ts";
