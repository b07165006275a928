import { describe, newTrace, rootContext, type Work } from "@weft/mesh";
import { letterOf, strayLetter } from "../dead-letters/letter.ts";
import { giveUp, isKeptByOutage } from "../dead-letters/record.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { Envelope, sourceOf } from "../log/envelope.ts";
import { retryLater } from "./retry-later.ts";
import { lookAgain } from "./cursor.ts";
import { logEvent } from "./event-line.ts";
import { contextOf } from "./inbox.ts";
import { bindingTo } from "../log/binding.ts";
import { stateOf } from "./subjects.ts";
import type { Subscription } from "./subscription.ts";

const SUFFIX = "-dlq";
/** Longest wait before another delivery, s: a hundred of them fill the four days for which a queue keeps a message. */
const MAX_DELAY = 3_600;

/** A dead-letter queue is named after the queue whose messages it takes. */
export function isDeadLetterQueue(queue: string): boolean {
  return queue.endsWith(SUFFIX);
}

/** The queue whose messages a dead-letter queue takes. */
export function queueBehind(deadLetterQueue: string): string {
  return deadLetterQueue.slice(0, -SUFFIX.length);
}

/** Declares dead what the queue has given up. A message stays in the dead-letter queue until that is written. */
export async function bury(
  batch: MessageBatch,
  work: Work,
  subscriber: string,
  from: readonly Subscription[],
): Promise<void> {
  const queue = queueBehind(batch.queue);
  await Promise.all(
    batch.messages.map(async (message) => {
      const event = Envelope.safeParse(message.body).data;
      const context = event ? contextOf(event) : rootContext(newTrace());
      const line = (level: "info" | "error", outcome: string, cause?: string) =>
        logEvent(level, subscriber, event, context, {
          via: batch.queue,
          messageId: message.id,
          outcome,
          cause,
        });
      try {
        const outcome = await buryOne(message, event, queue, work, from);
        message.ack();
        line("info", outcome);
      } catch (error) {
        retryLater(message, error, MAX_DELAY);
        line("error", "failed", describe(error));
      }
    }),
  );
}

async function buryOne(
  message: Message,
  event: Envelope | undefined,
  queue: string,
  work: Work,
  from: readonly Subscription[],
): Promise<"dead" | "left to the log"> {
  const { scope, resources } = work.open();
  const db = resources.db as AnyDatabase;
  const now = Date.now();
  if (!event) {
    await db.batch([giveUp(db, await strayLetter(queue, message.body), now)]);
    return "dead";
  }
  const subscription = from.find(({ contract }) => sourceOf(contract.name) === event.source);
  // One that was never its subject's next has not failed itself: it only came while the log could not be read.
  const hasLog = subscription && bindingTo(scope, subscription) !== undefined;
  if (hasLog && subscription.ordered) {
    const { seq } = await stateOf(db, event);
    if (event.subjectsequence > seq + 1) return "left to the log";
  }
  // The outage was longer than the queue's patience; nothing is wrong with the event.
  if (hasLog && (await isKeptByOutage(db, letterOf(event)))) return "left to the log";
  await db.batch([giveUp(db, letterOf(event), now), lookAgain(db, event.source)]);
  return "dead";
}
