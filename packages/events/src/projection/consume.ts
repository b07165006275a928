import { log, type Work } from "@weft/mesh";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { Envelope, sourceOf } from "../log/envelope.ts";
import { refuse } from "../subscription/refuse.ts";
import { retryLater } from "../subscription/retry-later.ts";
import type { Projection } from "./definition.ts";
import { feed, type Followed } from "./follow.ts";
import { liveReader } from "./reader.ts";

interface Delivery {
  readonly message: Message;
  readonly event: Envelope;
}

/**
 * Brings projections up to what a batch of messages tells of. Each message is settled, and nothing is thrown. An event
 * that is stuck is not delivered again: it is tried again from the log.
 */
export async function consume(
  messages: readonly Message[],
  queue: string,
  work: Work,
  projections: readonly Projection[],
): Promise<void> {
  const deliveries: Delivery[] = [];
  for (const message of messages) {
    const { data: event, error } = Envelope.safeParse(message.body);
    if (event) deliveries.push({ message, event });
    else await refuse(message, error, queue, work, (fields) => strayLine(message, work, fields));
  }
  for (const [source, delivered] of Map.groupBy(deliveries, ({ event }) => event.source)) {
    const ends = await Promise.all(
      projections.map((projection) => feedOne(work, projection, source, delivered)),
    );
    for (const { message, event } of delivered) {
      const missed = ends.some((end) => end && end.ended !== "stuck" && end.at < event.sequence);
      if (missed) retryLater(message);
      else message.ack();
    }
  }
}

async function feedOne(
  work: Work,
  projection: Projection,
  origin: string,
  delivered: readonly Delivery[],
): Promise<Followed | undefined> {
  const source = projection.from.find(({ contract }) => sourceOf(contract.name) === origin);
  if (!source) return undefined;
  const { scope, resources } = work.open();
  const reader = liveReader(scope, resources.db as AnyDatabase, projection, source);
  return feed(
    scope,
    reader,
    delivered.map(({ event }) => event),
  );
}

function strayLine(message: Message, work: Work, fields: object): void {
  const { service } = work.open().scope;
  log("error", "projection", {
    service,
    via: "queue",
    messageId: message.id,
    attempt: message.attempts,
    ...fields,
  });
}
