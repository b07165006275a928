import { describe, newTrace, rootContext, type Work } from "@weft/mesh";
import type * as z from "zod";
import { strayLetter } from "../dead-letters/letter.ts";
import { recordFailure } from "../dead-letters/record.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { stepTo } from "./cursor.ts";
import { Envelope, sourceOf } from "../log/envelope.ts";
import { fieldsOf } from "./attempt.ts";
import { logEvent } from "./event-line.ts";
import { contextOf } from "./inbox.ts";
import { receive } from "./receive.ts";
import type { Subscription } from "./subscription.ts";

/** Longest wait before another delivery, s. */
const MAX_DELAY = 300;

interface Delivery {
  readonly message: Message;
  readonly parsed: z.ZodSafeParseResult<Envelope>;
}

/**
 * Applies a batch of messages. Each is settled by itself, so one that fails harms no other; nothing is thrown, since
 * a thrown error would redeliver the whole batch. What keeps failing ends in the dead-letter queue.
 */
export async function consume(
  batch: MessageBatch,
  work: Work,
  name: string,
  from: readonly Subscription[],
): Promise<void> {
  const deliveries = batch.messages.map((message): Delivery => ({
    message,
    parsed: Envelope.safeParse(message.body),
  }));
  const subjects = Map.groupBy(deliveries, ({ message, parsed: { data } }) =>
    data ? `${data.source} ${data.subject}` : message.id,
  );
  await Promise.all(
    [...subjects.values()].map(async (sameSubject) => {
      // Later events of a subject often need the earlier ones' effect.
      for (const { message, parsed } of sameSubject.toSorted(inLogOrder)) {
        if (parsed.success) await settle(message, parsed.data, work, name, from);
        else await refuse(message, parsed.error, batch.queue, work, name);
      }
    }),
  );
}

function inLogOrder(a: Delivery, b: Delivery): number {
  return (a.parsed.data?.sequence ?? 0) - (b.parsed.data?.sequence ?? 0);
}

async function settle(
  message: Message,
  event: Envelope,
  work: Work,
  subscriber: string,
  from: readonly Subscription[],
): Promise<void> {
  const started = Date.now();
  const context = contextOf(event);
  const subscription = from.find(({ contract }) => sourceOf(contract.name) === event.source);
  const attempted = subscription
    ? await receive(
        { subscriber, work, subscription },
        { event, context, via: "queue", along: (db) => [stepTo(db, event.source, event.sequence)] },
      )
    : ({ outcome: "ignored" } as const);
  // What is dead waits for an operator, not for another delivery.
  if (attempted.outcome === "failed" && !attempted.dead) retryLater(message);
  else message.ack();
  logEvent(attempted.outcome === "failed" ? "error" : "info", subscriber, event, context, {
    via: "queue",
    messageId: message.id,
    attempt: message.attempts,
    ...fieldsOf(attempted),
    ms: Date.now() - started,
  });
}

/** Notes a message that is no event. Whoever sends it may send better ones in its place, so it gets its retries. */
async function refuse(
  message: Message,
  error: unknown,
  queue: string,
  work: Work,
  subscriber: string,
): Promise<void> {
  retryLater(message);
  const line = (fields: object) =>
    logEvent("error", subscriber, undefined, rootContext(newTrace()), {
      via: "queue",
      messageId: message.id,
      attempt: message.attempts,
      ...fields,
    });
  line({ outcome: "failed", cause: describe(error) });
  try {
    const db = work.open().resources.db as AnyDatabase;
    const failure = { at: Date.now(), via: "queue", error: describe(error) } as const;
    await db.batch([recordFailure(db, await strayLetter(queue, message.body), failure)]);
  } catch (cause) {
    line({ outcome: "unrecorded", cause: describe(cause) });
  }
}

export function retryLater(message: Message, longest = MAX_DELAY): void {
  message.retry({ delaySeconds: Math.min(longest, 2 ** (message.attempts - 1)) });
}
