import { type MountedOperation, type Operation, query } from "@weft/mesh";
import { and, asc, eq, gt, max } from "drizzle-orm";
import * as z from "zod";
import { Envelope, toEnvelope } from "./envelope.ts";
import { eventLog } from "./schema.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";

/** With a subject, `after` is a place among the events of this subject alone. */
const LogRange = z.object({
  after: z.int().min(0).default(0),
  limit: z.int().min(1).max(500).default(100),
  subject: z.string().min(1).optional(),
});
export type LogRange = z.input<typeof LogRange>;

/** Events in the order of the log; `head` is the place of the newest one, 0 when there is none. */
export const LogPage = z.object({ items: z.array(Envelope), head: z.int().min(0) });
export type LogPage = z.infer<typeof LogPage>;

/** The operation by which a publisher's log is read. */
export function eventLogOf(
  service: string,
  readers: readonly string[] = [],
): Operation<typeof LogRange, typeof LogPage> {
  const draft = query("GET /internal/events", {
    summary: "The service's events, or those of one subject, after a position of its log",
    input: LogRange,
    output: LogPage,
    // Subscribers take the end that it tells for the end.
    fresh: true,
    timeout: 5_000,
    allow: readers,
  });
  return { ...draft, id: `${service}.events`, service };
}

export function readLog(service: string): MountedOperation["handler"] {
  return async ({ input, db }: { input: z.output<typeof LogRange>; db: AnyDatabase }): Promise<LogPage> => {
    const { after, limit, subject } = input;
    const place = subject === undefined ? eventLog.seq : eventLog.subjectSeq;
    const ofSubject = subject === undefined ? undefined : eq(eventLog.subject, subject);
    const [rows, [newest]] = await db.batch([
      db
        .select()
        .from(eventLog)
        .where(and(ofSubject, gt(place, after)))
        .orderBy(asc(place))
        .limit(limit),
      db
        .select({ place: max(place) })
        .from(eventLog)
        .where(ofSubject),
    ]);
    return { items: rows.map((row) => toEnvelope(service, row)), head: newest?.place ?? 0 };
  };
}
