import type { Priority } from "./bulkhead.ts";
import { Thinning } from "./thinning.ts";
import { rampFraction, RECOVERY, type RecoveryConfig } from "./recovery.ts";
import { isNewer, validUntil, type Verdict } from "./verdict.ts";

/** An isolate asks the region at most this often for a probe lease or for a newer verdict, ms. */
const ASK_EVERY = 1_000;

/** While there is no verdict, the cache is looked into at most this often, ms. */
const LOOK_UP_EVERY = 2_000;

/** What one isolate knows of its region's verdict about one callee. No verdict, or an old one, lets everything out. */
export class RegionalView {
  #verdict: Verdict | undefined;
  #lookedUpAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** There is nothing to check before a call: no verdict, or an ordinary closed one. */
  calm = true;
  readonly #recovery: RecoveryConfig;
  readonly #ramp = new Thinning();

  constructor(recovery: RecoveryConfig = RECOVERY) {
    this.#recovery = recovery;
  }

  /** Takes over a verdict from a report's answer or the cache. Returns false if it is not newer than the known one. */
  adopt(verdict: Verdict, now: number): boolean {
    this.#lookedUpAt = now;
    if (this.#verdict && !isNewer(verdict, this.#verdict)) return false;
    // News may have freed the lease; and whoever has just been refused learns from it who holds the lease.
    this.#askedAt = Number.NEGATIVE_INFINITY;
    this.#verdict = verdict;
    this.calm = verdict.state === "closed" && verdict.reason !== "operator";
    return true;
  }

  /** The verdict, as long as it is valid. */
  current(now: number): Verdict | undefined {
    return this.#verdict && now < validUntil(this.#verdict) ? this.#verdict : undefined;
  }

  /** Whether to look into the data centre's cache before this call; counts as done. Never asks the region itself. */
  lookUpDue(now: number): boolean {
    if (now - this.#lookedUpAt < (this.current(now)?.maxAgeMs ?? LOOK_UP_EVERY)) return false;
    this.#lookedUpAt = now;
    return true;
  }

  /** Whether to ask the region for a newer verdict in the background; only while the known one holds calls back. */
  refreshDue(now: number): boolean {
    if (this.calm || this.#verdict === undefined) return false;
    return now - this.#verdict.issuedAt > this.#verdict.maxAgeMs && now - this.#askedAt >= ASK_EVERY;
  }

  asked(now: number): void {
    this.#askedAt = now;
  }

  /**
   * `lease`: this call may go out as the region's probe, if the region grants the lease; ask now, and treat a refusal
   * like `reject`. `force`: an operator wants calls to go out whatever the local breaker says.
   */
  decide(
    now: number,
    random: () => number,
    priority: Priority = "normal",
  ): "pass" | "reject" | "lease" | "force" {
    const verdict = this.current(now);
    if (verdict === undefined) return "pass";
    if (verdict.reason === "operator") return verdict.state === "open" ? "reject" : "force";
    if (verdict.state === "closed") return "pass";
    if (verdict.state === "ramp") {
      const fraction = rampFraction(this.#recovery, verdict.since, now);
      return fraction === 1 || this.#ramp.admits(fraction, priority, random) ? "pass" : "reject";
    }
    if (now < verdict.until || now - this.#askedAt < ASK_EVERY) return "reject";
    this.#askedAt = now;
    return "lease";
  }
}
