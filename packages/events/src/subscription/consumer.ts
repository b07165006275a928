import { newTrace, rootContext, type Work } from "@weft/mesh";
import type * as z from "zod";
import { stepTo } from "./cursor.ts";
import { Envelope, sourceOf } from "../log/envelope.ts";
import { fieldsOf } from "./attempt.ts";
import { logEvent } from "./event-line.ts";
import { contextOf } from "./inbox.ts";
import { receive } from "./receive.ts";
import { refuse } from "./refuse.ts";
import { retryLater } from "./retry-later.ts";
import type { Subscription } from "./subscription.ts";

/** Deliveries after which a message has either met an outage all along, or its batch comes to no end. */
const SUSPICIOUS = 6;

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
  const settleAll = async (sameSubject: readonly Delivery[]) => {
    // Later events of a subject often need the earlier ones' effect.
    for (const { message, parsed } of sameSubject.toSorted(inLogOrder)) {
      if (parsed.success) await settle(message, parsed.data, work, name, from);
      else
        await refuse(message, parsed.error, batch.queue, work, (fields) => strayLine(message, name, fields));
    }
  };
  const attempts = Math.max(...batch.messages.map((message) => message.attempts));
  if (attempts <= SUSPICIOUS) await Promise.all([...subjects.values()].map(settleAll));
  else for (const sameSubject of inTurn(subjects, attempts)) await settleAll(sameSubject);
}

/** One that kills this process harms those behind it: each is the first in some delivery. */
function inTurn(subjects: ReadonlyMap<string, readonly Delivery[]>, attempts: number) {
  const sorted = [...subjects].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, deliveries]) => deliveries);
  const first = attempts % sorted.length;
  return [...sorted.slice(first), ...sorted.slice(0, first)];
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
  if (attempted.outcome === "failed" && !attempted.dead) retryLater(message, attempted.error);
  else message.ack();
  logEvent(attempted.outcome === "failed" ? "error" : "info", subscriber, event, context, {
    via: "queue",
    messageId: message.id,
    attempt: message.attempts,
    ...fieldsOf(attempted),
    ms: Date.now() - started,
  });
}

function strayLine(message: Message, subscriber: string, fields: object): void {
  logEvent("error", subscriber, undefined, rootContext(newTrace()), {
    via: "queue",
    messageId: message.id,
    attempt: message.attempts,
    ...fields,
  });
}
