/** Thousandths of a token, so that ten successes make exactly one token (gRPC's implementations count this way). */
const TOKEN = 1_000;

/**
 * Limits how much retries and hedges may add to the load, per isolate and callee: the retry throttle of gRPC A6.
 *
 * Each retryable failure takes one token, each success gives 0.1 back; at or below half of the maximum nothing is
 * retried. gRPC's example of 10 tokens and the AWS SDK's 500 are meant for one long-lived process and multiply by
 * the number of isolates: 5,000 isolates at 0.1 req/s amplified an outage 2.76-fold with 10 tokens and 1.63-fold
 * with 4 (reference/saga-resilience.md 6.2), hence 4. Consequence: retries + hedges <= 2 + successes / 10.
 */
export class RetryBudget {
  readonly #max: number;
  readonly #ratio: number;
  #tokens: number;

  constructor(maxTokens = 4, tokensPerSuccess = 0.1) {
    this.#max = Math.round(maxTokens * TOKEN);
    this.#ratio = Math.round(tokensPerSuccess * TOKEN);
    this.#tokens = this.#max;
  }

  /** Tokens left. */
  get tokens(): number {
    return this.#tokens / TOKEN;
  }

  get allows(): boolean {
    return this.#tokens * 2 > this.#max;
  }

  /** A try succeeded. */
  success(): void {
    this.#tokens = Math.min(this.#max, this.#tokens + this.#ratio);
  }

  /** A try failed in a way that could be retried. Returns whether it may be. */
  failure(): boolean {
    this.#tokens = Math.max(0, this.#tokens - TOKEN);
    return this.allows;
  }

  /**
   * Whether a hedge may be sent. Unlike gRPC's, a hedge pays when it is sent: a callee that turns slow without
   * failing would otherwise be sent every call twice. It must leave half of the tokens.
   */
  hedge(): boolean {
    if ((this.#tokens - TOKEN) * 2 < this.#max) return false;
    this.#tokens -= TOKEN;
    return true;
  }
}
