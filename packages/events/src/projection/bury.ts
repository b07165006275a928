import { describe, log, type Work } from "@weft/mesh";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { strayLetter } from "../dead-letters/letter.ts";
import { giveUp } from "../dead-letters/record.ts";
import { Envelope } from "../log/envelope.ts";
import { retryLater } from "../subscription/retry-later.ts";

/** Longest wait before another delivery, s. */
const MAX_DELAY = 3_600;

/** Keeps what a queue has given up and was no event. An event is in its publisher's log, where the next reader finds it. */
export async function bury(batch: MessageBatch, queue: string, work: Work): Promise<void> {
  const { scope, resources } = work.open();
  const db = resources.db as AnyDatabase;
  for (const message of batch.messages) {
    try {
      if (!Envelope.safeParse(message.body).success)
        await db.batch([giveUp(db, await strayLetter(queue, message.body), Date.now())]);
      message.ack();
    } catch (error) {
      retryLater(message, error, MAX_DELAY);
      log("error", "projection", { service: scope.service, via: batch.queue, cause: describe(error) });
    }
  }
}
