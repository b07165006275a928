import { and, eq, sql } from "drizzle-orm";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";
import type { Envelope } from "../log/envelope.ts";
import { subjects } from "./schema.ts";

export interface SubjectState {
  /** Subject sequence of the last event that was dealt with. */
  readonly seq: number;
  /** Id of the event that the subject waits for. */
  readonly heldBy: string | undefined;
}

/** In place of an event's id: it is dealt with, and those that have waited for it come next. */
const SETTLED = "";

export async function stateOf(
  db: AnyDatabase,
  { source, subject }: Pick<Envelope, "source" | "subject">,
): Promise<SubjectState> {
  const [row] = await db
    .select()
    .from(subjects)
    .where(and(eq(subjects.source, source), eq(subjects.subject, subject)));
  return { seq: row?.seq ?? 0, heldBy: row?.heldBy || undefined };
}

/** For the batch that deals with a subject's next event. If later ones have waited for it, they are due. */
export function passSubject(db: AnyDatabase, { source, subject, subjectsequence }: Envelope): Statement {
  const set = {
    seq: subjectsequence,
    heldBy: sql`CASE WHEN ${subjects.heldBy} IS NULL THEN NULL ELSE ${SETTLED} END`,
  };
  if (subjectsequence > 1)
    return db
      .update(subjects)
      .set(set)
      .where(
        and(
          eq(subjects.source, source),
          eq(subjects.subject, subject),
          eq(subjects.seq, subjectsequence - 1),
        ),
      );
  return db
    .insert(subjects)
    .values({ source, subject, seq: 1 })
    .onConflictDoUpdate({
      target: [subjects.source, subjects.subject],
      set,
      setWhere: eq(subjects.seq, 0),
    });
}

/** For the batch that notes the failure of a subject's next event: those after it wait. */
export function holdSubject(db: AnyDatabase, { source, subject, subjectsequence, id }: Envelope): Statement {
  return db
    .insert(subjects)
    .values({ source, subject, seq: subjectsequence - 1, heldBy: id })
    .onConflictDoUpdate({
      target: [subjects.source, subjects.subject],
      set: { heldBy: id },
      // Applied at the same moment: nobody has to wait.
      setWhere: eq(subjects.seq, subjectsequence - 1),
    });
}

/** Those that have waited are dealt with, too. */
export function release(db: AnyDatabase, source: string, subject: string): Statement {
  return db
    .update(subjects)
    .set({ heldBy: null })
    .where(and(eq(subjects.source, source), eq(subjects.subject, subject), eq(subjects.heldBy, SETTLED)));
}

/** Subjects whose waiting events are due. */
export async function dueSubjects(db: AnyDatabase, source: string, limit: number): Promise<string[]> {
  const rows = await db
    .select({ subject: subjects.subject })
    .from(subjects)
    // As in the index, which a parameter would keep from being used.
    .where(and(eq(subjects.source, source), sql`held_by = ''`))
    .limit(limit);
  return rows.map(({ subject }) => subject);
}
