import { type Context, log } from "@weft/mesh";
import type { Envelope } from "../log/envelope.ts";

/** One log line for each event that a subscriber has dealt with, in the trace of what caused the event. */
export function logEvent(
  level: "info" | "error",
  subscriber: string,
  event: Envelope | undefined,
  { trace }: Context,
  fields: Record<string, unknown>,
): void {
  log(level, "event", {
    subscriber,
    event: event?.id,
    source: event?.source,
    type: event?.type,
    subject: event?.subject,
    sequence: event?.sequence,
    traceId: trace.traceId,
    spanId: trace.spanId,
    parentId: trace.parentId,
    ...fields,
  });
}
