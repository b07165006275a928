import { and, gte, isNull, sql } from "drizzle-orm";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import type { Publisher } from "../log/publisher.ts";
import { eventLog } from "../log/schema.ts";
import { DAY, trim } from "./trim.ts";

/**
 * Cuts a publisher's log where it wants that. What stays in any case: events that are not sent, with all after them;
 * each subject's newest one, which its next one is numbered by; and the subjects that aggregates are made of.
 */
export async function cutLog(
  db: AnyDatabase,
  { keep, sourced }: Pick<Publisher, "keep" | "sourced">,
  now: number,
): Promise<void> {
  if (keep === undefined) return;
  const later = sql`SELECT 1 FROM ${eventLog} AS later WHERE later.subject = ${eventLog.subject}`;
  const isLast = sql`NOT EXISTS (${later} AND later.subject_seq > ${eventLog.subjectSeq})`;
  const types = JSON.stringify(sourced.flatMap(({ apply }) => Object.keys(apply)));
  const isSourced = sql`EXISTS (${later} AND later.type IN (SELECT value FROM json_each(${types})))`;
  await trim(db, {
    table: eventLog,
    stopAt: sql`${gte(eventLog.time, now - keep * DAY)} OR ${isNull(eventLog.sentAt)}`,
    which: and(sql`NOT (${isLast})`, sql`NOT (${isSourced})`),
  });
}
