/** Limits of a queue (https://developers.cloudflare.com/queues/platform/limits/). */
const MAX_MESSAGES = 100;
const MAX_BATCH_BYTES = 256_000;
const MAX_MESSAGE_BYTES = 128_000;

/** The producer's end of a queue that keeps what it is sent. Refuses what a real queue refuses. */
export class TestQueue {
  readonly #messages: unknown[] = [];
  /** While set, sending fails with it. */
  outage: Error | undefined;
  /** How many batches have been taken. */
  batches = 0;

  async send(body: unknown): Promise<void> {
    await this.sendBatch([{ body }]);
  }

  async sendBatch(messages: Iterable<{ body: unknown }>): Promise<void> {
    await Promise.resolve();
    if (this.outage) throw this.outage;
    const bodies = [...messages].map(({ body }) => JSON.stringify(body));
    const sizes = bodies.map((body) => new TextEncoder().encode(body).length);
    if (bodies.length > MAX_MESSAGES)
      throw new Error(`${bodies.length} messages are more than ${MAX_MESSAGES}`);
    if (sizes.some((size) => size > MAX_MESSAGE_BYTES)) throw new Error("A message is larger than 128 KB");
    if (sizes.reduce((sum, size) => sum + size, 0) > MAX_BATCH_BYTES)
      throw new Error("The batch is larger than 256 KB");
    this.batches++;
    this.#messages.push(...bodies.map((body) => JSON.parse(body) as unknown));
  }

  /** Takes all messages out. */
  drain(): unknown[] {
    return this.#messages.splice(0);
  }
}
