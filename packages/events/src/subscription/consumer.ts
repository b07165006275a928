import { describe, newTrace, rootContext, type Work } from "@weft/mesh";
import type * as z from "zod";
import { stepTo } from "./cursor.ts";
import { Envelope, sourceOf } from "../log/envelope.ts";
import { logEvent } from "./event-line.ts";
import { applyOnce, contextOf } from "./inbox.ts";
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
      for (const delivery of sameSubject.toSorted(inLogOrder)) await settle(delivery, work, name, from);
    }),
  );
}

function inLogOrder(a: Delivery, b: Delivery): number {
  return (a.parsed.data?.sequence ?? 0) - (b.parsed.data?.sequence ?? 0);
}

async function settle(
  { message, parsed }: Delivery,
  work: Work,
  name: string,
  from: readonly Subscription[],
): Promise<void> {
  const started = Date.now();
  const event = parsed.data;
  const context = event ? contextOf(event) : rootContext(newTrace());
  const line = (level: "info" | "error", outcome: string, cause?: string) =>
    logEvent(level, name, event, context, {
      via: "queue",
      messageId: message.id,
      attempt: message.attempts,
      outcome,
      cause,
      ms: Date.now() - started,
    });
  try {
    if (!event) throw parsed.error;
    const subscription = from.find(({ contract }) => sourceOf(contract.name) === event.source);
    const outcome = subscription ? await applyOnce(work, subscription, event, context, stepTo) : "ignored";
    message.ack();
    line("info", outcome);
  } catch (error) {
    message.retry({ delaySeconds: Math.min(MAX_DELAY, 2 ** (message.attempts - 1)) });
    line("error", "failed", describe(error));
  }
}
