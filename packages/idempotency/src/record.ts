/** An answer as it is kept for replays. The body is kept byte for byte. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** What goes with the answer beside its bytes; empty if nothing does. */
  readonly carried?: string;
}

interface Base {
  /** Names the one execution that a key stands for; every attempt of it gets the same. */
  readonly executionId: string;
  readonly fingerprint: string;
  /** When the key is forgotten, ms since the epoch. */
  readonly expiresAt: number;
}

/** Somebody is at work, or was: after `leaseEnds` the next request carries on. */
export interface Claimed extends Base {
  readonly state: "claimed";
  readonly leaseEnds: number;
  readonly attempt: number;
  readonly claimId: string;
}

export interface Finished extends Base {
  readonly state: "finished";
  readonly answer: StoredAnswer;
}

/** What is known of a key: `undefined` for a key that was never used, was given back, or has expired. */
export type KeyRecord = Claimed | Finished | undefined;

export interface Claim {
  /** Names this claim, so that whoever never heard its verdict can withdraw it. */
  readonly claimId: string;
  readonly fingerprint: string;
  /** How long one attempt may take before another may carry on, ms. */
  readonly lease: number;
  /** How long a key is remembered after it was last used, ms. */
  readonly lifetime: number;
}

/** One attempt at an execution: what an attempt must show to settle it. */
export interface Attempt {
  readonly executionId: string;
  /** 1 for the first one. */
  readonly attempt: number;
}

export type Verdict =
  | ({ readonly kind: "new" | "resumed" } & Attempt)
  | { readonly kind: "in-flight" | "mismatch" }
  | { readonly kind: "replay"; readonly answer: StoredAnswer };

function live(record: KeyRecord, now: number): KeyRecord {
  return record && record.expiresAt > now ? record : undefined;
}

/** A request with this key has come in: may it work, must it wait, or is there an answer already? */
export function begin(
  before: KeyRecord,
  { claimId, fingerprint, lease, lifetime }: Claim,
  now: number,
  newId: () => string,
): { record: KeyRecord; verdict: Verdict } {
  const record = live(before, now);
  if (record && record.fingerprint !== fingerprint) return { record, verdict: { kind: "mismatch" } };
  if (record?.state === "finished") return { record, verdict: { kind: "replay", answer: record.answer } };
  if (record && record.leaseEnds > now) return { record, verdict: { kind: "in-flight" } };
  const executionId = record?.executionId ?? newId();
  const attempt = (record?.attempt ?? 0) + 1;
  return {
    record: {
      state: "claimed",
      executionId,
      fingerprint,
      attempt,
      claimId,
      leaseEnds: now + lease,
      expiresAt: now + lifetime,
    },
    verdict: { kind: record ? "resumed" : "new", executionId, attempt },
  };
}

/**
 * The execution is over. The first answer stays: an attempt that was thought dead and comes in late is given that one
 * (`earlier`) to pass on instead of its own, so that nobody ever sees two answers to one key.
 */
export function finish(
  before: KeyRecord,
  { executionId }: Attempt,
  answer: StoredAnswer,
  lifetime: number,
  now: number,
): { record: KeyRecord; earlier: StoredAnswer | undefined } {
  const record = live(before, now);
  if (!record || record.executionId !== executionId) return { record, earlier: undefined };
  if (record.state === "finished") return { record, earlier: record.answer };
  const { fingerprint } = record;
  return {
    record: { state: "finished", executionId, fingerprint, answer, expiresAt: now + lifetime },
    earlier: undefined,
  };
}

/** The attempt is over, the execution is not: the next request with this key carries on at once. */
export function suspend(before: KeyRecord, attempt: Attempt, now: number): KeyRecord {
  const record = live(before, now);
  return record && holds(record, attempt) ? { ...record, leaseEnds: now } : record;
}

/**
 * The attempt has had no effect, so the key is as good as new. That is known of the first attempt alone: an earlier one
 * may have done something before it was lost, so after it the key keeps its execution.
 */
export function release(before: KeyRecord, attempt: Attempt, now: number): KeyRecord {
  const record = live(before, now);
  if (!record || !holds(record, attempt)) return record;
  return attempt.attempt === 1 ? undefined : suspend(record, attempt, now);
}

/** Nobody works under this claim: its verdict never arrived. */
export function withdraw(before: KeyRecord, claimId: string, now: number): KeyRecord {
  const record = live(before, now);
  return record?.state === "claimed" && record.claimId === claimId ? release(record, record, now) : record;
}

function holds(record: Claimed | Finished, { executionId, attempt }: Attempt): record is Claimed {
  return record.state === "claimed" && record.executionId === executionId && record.attempt === attempt;
}
