import { DurableObject } from "cloudflare:workers";
import { executionId } from "./execution-id.ts";
import {
  type Attempt,
  begin,
  type Claim,
  finish,
  type KeyRecord,
  release,
  type StoredAnswer,
  suspend,
  type Verdict,
  withdraw,
} from "./record.ts";

const RECORD = "record";

/**
 * Remembers one key: one object for each (scope, operation, key), so that requests with the same key meet wherever in
 * the world they come in, and no others queue behind them. It forgets everything when the key expires.
 */
export class IdempotencyStore extends DurableObject {
  async begin(claim: Claim): Promise<Verdict> {
    const now = Date.now();
    const { record, verdict } = begin(this.#record, claim, now, () => executionId(now));
    if (verdict.kind === "new" || verdict.kind === "resumed") await this.#keep(record);
    return verdict;
  }

  /** Keeps the answer, unless another attempt was faster: then gives back that one's. */
  async finish(attempt: Attempt, answer: StoredAnswer, lifetime: number): Promise<StoredAnswer | undefined> {
    const { record, earlier } = finish(this.#record, attempt, answer, lifetime, Date.now());
    await this.#keep(record);
    return earlier;
  }

  async suspend(attempt: Attempt): Promise<void> {
    await this.#keep(suspend(this.#record, attempt, Date.now()));
  }

  async release(attempt: Attempt): Promise<void> {
    await this.#keep(release(this.#record, attempt, Date.now()));
  }

  async withdraw(claimId: string): Promise<void> {
    await this.#keep(withdraw(this.#record, claimId, Date.now()));
  }

  override async alarm(): Promise<void> {
    const record = this.#record;
    await this.#keep(record && record.expiresAt > Date.now() ? record : undefined);
  }

  get #record(): KeyRecord {
    return this.ctx.storage.kv.get<NonNullable<KeyRecord>>(RECORD);
  }

  async #keep(record: KeyRecord): Promise<void> {
    // Takes the alarm away, too.
    if (!record) return this.ctx.storage.deleteAll();
    this.ctx.storage.kv.put(RECORD, record);
    await this.ctx.storage.setAlarm(record.expiresAt);
  }
}
