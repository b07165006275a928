import { and, eq, gte, notInArray } from "drizzle-orm";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { TASKS } from "../dead-letters/letter.ts";
import { inbox } from "../subscription/schema.ts";
import { MEMORY, trim } from "./trim.ts";

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

/** Forgets the tasks that were done long ago. */
export function trimTaskInbox(db: AnyDatabase, now: number): Promise<void> {
  return trim(db, {
    table: inbox,
    stopAt: gte(inbox.appliedAt, now - MEMORY),
    which: and(eq(inbox.source, TASKS)),
  });
}
