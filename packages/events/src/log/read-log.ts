import { type MeshError, meshError, type MountedOperation, type Operation, query } from "@weft/mesh";
import { and, asc, eq, gt, max, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import * as z from "zod";
import { Envelope, toEnvelope } from "./envelope.ts";
import { dataSize, MAX_INLINE_DATA, rowColumns } from "./log-row.ts";
import { eventLog } from "./schema.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";

/** With a subject, `after` is a place among the events of this subject alone. */
const LogRange = z.object({
  after: z.int().min(0).default(0),
  limit: z.int().min(1).max(500).default(100),
  subject: z.string().min(1).optional(),
});
export type LogRange = z.input<typeof LogRange>;

/** Most data in one page, bytes. */
const PAGE_BYTES = 1_048_576;

/**
 * Events in the order of the log; `head` is the place of the newest one, 0 when there is none. A page may have fewer
 * events than asked for before the log ends.
 */
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
    const range = and(ofSubject, gt(place, after));
    const [rows, [newest]] = await db.batch([
      db
        .select(rowColumns)
        .from(eventLog)
        .where(and(range, sql`${place} <= ${lastOfPage(place, range, limit)}`))
        .orderBy(asc(place)),
      db
        .select({ place: max(place) })
        .from(eventLog)
        .where(ofSubject),
    ]);
    const last = rows.at(-1);
    const reached = last && (subject === undefined ? last.seq : last.subjectSeq);
    // Logs have no holes but those that retention has cut.
    if (reached !== undefined && rows.length < reached - after) throw await gone(db, service, input);
    return { items: rows.map((row) => toEnvelope(service, row)), head: newest?.place ?? 0 };
  };
}

async function gone(
  db: AnyDatabase,
  service: string,
  { after, subject }: z.output<typeof LogRange>,
): Promise<MeshError> {
  const place = subject === undefined ? sql`seq` : sql`subject_seq`;
  const of = subject === undefined ? sql`1` : sql`subject = ${subject}`;
  // The newest event without the one before it.
  const [whole] = await db.all<{
    first: number;
  }>(sql`SELECT MAX(${place}) AS first FROM events AS e WHERE ${of}
    AND NOT EXISTS (SELECT 1 FROM events WHERE ${of} AND ${place} = e.${place} - 1)`);
  const what = subject === undefined ? `The log of ${service}` : `The log of ${service} about ${subject}`;
  return meshError(
    "EVENTS_GONE",
    `${what} is whole from event ${whole?.first} on, and those after ${after} were asked for: ` +
      `they were older than what its publisher keeps. Bring the reader's data up to date in another way, ` +
      `then set its cursor to ${(whole?.first ?? 1) - 1}.`,
  );
}

/** As many events as the page has room for, one at least. Data that is too large to travel takes none. */
function lastOfPage(place: SQLiteColumn, range: SQL | undefined, limit: number): SQL {
  const inline = sql`CASE WHEN ${dataSize} <= ${MAX_INLINE_DATA} THEN ${dataSize} ELSE 0 END`;
  const sizes = sql`SELECT ${place} AS place, ${inline} AS size FROM ${eventLog}
    WHERE ${range} ORDER BY ${place} LIMIT ${limit}`;
  const sums = sql`SELECT place, SUM(size) OVER (ORDER BY place) AS bytes FROM (${sizes})`;
  return sql`(SELECT MAX(place) FROM (${sums}) WHERE bytes <= ${PAGE_BYTES})`;
}
