import { meshError, type MountedOperation, type Operation, query } from "@weft/mesh";
import { eq } from "drizzle-orm";
import * as z from "zod";
import { Envelope, toEnvelope } from "./envelope.ts";
import { eventLog } from "./schema.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";

const EventId = z.object({ id: z.string() });

/** The operation by which an event is read whose data is too large for messages and log pages. */
export function loggedEventOf(
  service: string,
  readers: readonly string[] = [],
): Operation<typeof EventId, typeof Envelope> {
  const draft = query("GET /internal/events/:id", {
    summary: "One of the service's events, with all its data",
    input: EventId,
    output: Envelope,
    timeout: 5_000,
    allow: readers,
  });
  return { ...draft, id: `${service}.event`, service };
}

export function readLoggedEvent(service: string): MountedOperation["handler"] {
  return async ({ input, db }: { input: z.output<typeof EventId>; db: AnyDatabase }): Promise<Envelope> => {
    const [row] = await db.select().from(eventLog).where(eq(eventLog.id, input.id));
    if (!row) throw meshError("NOT_FOUND", `The log of ${service} has no event ${input.id}.`);
    return toEnvelope(service, row);
  };
}
