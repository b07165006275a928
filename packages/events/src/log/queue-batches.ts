import type { Envelope } from "./envelope.ts";

export interface Outgoing {
  readonly seq: number;
  readonly body: Envelope;
}

/** Limits of `Queue.sendBatch` (https://developers.cloudflare.com/queues/platform/limits/). */
const MAX_MESSAGES = 100;
const MAX_BYTES = 256_000;
/** Queues add about this much to each message, bytes. */
const MESSAGE_OVERHEAD = 100;

const encoder = new TextEncoder();

export function byteLength(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length;
}

/** Splits messages, in order, so that each batch is within the limits of a queue. */
export function queueBatches(messages: readonly Outgoing[]): Outgoing[][] {
  const batches: Outgoing[][] = [];
  let current: Outgoing[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = byteLength(message.body) + MESSAGE_OVERHEAD;
    if (current.length === MAX_MESSAGES || (current.length > 0 && bytes + size > MAX_BYTES)) {
      batches.push(current);
      current = [];
      bytes = 0;
    }
    current.push(message);
    bytes += size;
  }
  return current.length > 0 ? [...batches, current] : batches;
}
