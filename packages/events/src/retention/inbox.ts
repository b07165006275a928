import { and, eq, gte, notInArray } from "drizzle-orm";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { TASKS } from "../dead-letters/letter.ts";
import type { Envelope } from "../log/envelope.ts";
import { cursorOf } from "../subscription/cursor.ts";
import { inbox } from "../subscription/schema.ts";
import { DAY, MEMORY, trim } from "./trim.ts";

/**
 * Forgets what was applied long ago. The queue cannot bring it back any more; the log can where its reader is not at its
 * end, so the rows of those sources stay. A dead letter of any age can be replayed: that it is there says that its event
 * was not applied, since what applies an event settles its letter in the same batch.
 */
export function trimInbox(db: AnyDatabase, behind: readonly string[], now: number): Promise<void> {
  return trim(db, {
    table: inbox,
    stopAt: gte(inbox.appliedAt, now - MEMORY),
    which: notInArray(inbox.source, [...behind, TASKS]),
  });
}

/**
 * Whether an event was dealt with so long ago that the inbox may not know it any more: its publisher can send it at any
 * age, as soon as a queue takes it that did not before. Clocks may differ by a day.
 */
export async function isForgotten(
  db: AnyDatabase,
  { source, sequence, time }: Envelope,
  now: number,
): Promise<boolean> {
  return Date.parse(time) < now - MEMORY + DAY && (await cursorOf(db, source)).seq >= sequence;
}

/** Forgets the tasks that were done long ago. */
export function trimTaskInbox(db: AnyDatabase, now: number): Promise<void> {
  return trim(db, {
    table: inbox,
    stopAt: gte(inbox.appliedAt, now - MEMORY),
    which: and(eq(inbox.source, TASKS)),
  });
}
