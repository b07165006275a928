import { describe, log, type Scope } from "@weft/mesh";

/** A message that may be lost. */
export interface Hint {
  /** Producer binding of the queue that it goes to. */
  readonly queue: string;
  readonly body: object;
}

/** Sends each once. Never throws: what a queue does not take is logged, and gone. */
export async function fireAndForget(scope: Scope, hints: readonly Hint[]): Promise<void> {
  for (const { queue, body } of hints) {
    try {
      const producer = (scope.env as Record<string, Queue | undefined>)[queue];
      if (!producer) throw new TypeError(`No queue binding ${queue}: add it to wrangler.toml.`);
      await producer.send(body, { contentType: "json" });
    } catch (error) {
      log("warn", "fire and forget", {
        service: scope.service,
        queue,
        traceId: scope.context.trace.traceId,
        cause: describe(error),
      });
    }
  }
}
