import { afterCursor, MeshError, type OutputOf, toPage } from "@weft/mesh";
import { and, desc, eq, lt, sql } from "drizzle-orm";
import * as z from "zod";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import type { deadLettersOf } from "./contract.ts";
import type { LetterRow } from "./letter.ts";
import { deadLetters } from "./schema.ts";

type Operations = ReturnType<typeof deadLettersOf>["operations"];
export type DeadLetter = OutputOf<Operations["deadLetter"]>;
type Query = z.output<Operations["deadLetters"]["input"]>;

const Key = z.tuple([z.int(), z.string()]);

/** Throws VALIDATION_FAILED for a cursor of another list. */
export async function listLetters(
  db: AnyDatabase,
  { status, type, source, before, limit, cursor }: Query,
): Promise<OutputOf<Operations["deadLetters"]>> {
  const after = afterCursor(cursor, Key);
  const chosen = and(
    status && eq(deadLetters.status, status),
    type === undefined ? undefined : eq(deadLetters.type, type),
    source === undefined ? undefined : eq(deadLetters.source, source),
    before === undefined ? undefined : lt(deadLetters.lastFailedAt, Date.parse(before)),
  );
  const older = after && sql`(${deadLetters.lastFailedAt}, ${deadLetters.id}) < (${after[0]}, ${after[1]})`;
  const [found, [counted]] = await db.batch([
    db
      .select()
      .from(deadLetters)
      .where(and(chosen, older))
      .orderBy(desc(deadLetters.lastFailedAt), desc(deadLetters.id))
      .limit(limit + 1),
    db
      .select({ total: sql<number>`count(*)` })
      .from(deadLetters)
      .where(chosen),
  ]);
  const { rows, nextCursor } = toPage(found, limit, (row) => [row.lastFailedAt, row.id]);
  return { items: rows.map((row) => summary(row)), nextCursor, total: counted?.total ?? 0 };
}

/** Throws DEAD_LETTER_NOT_FOUND. */
export async function findLetter(db: AnyDatabase, id: string): Promise<LetterRow> {
  const [row] = await db.select().from(deadLetters).where(eq(deadLetters.id, id));
  if (row) return row;
  throw new MeshError("DEAD_LETTER_NOT_FOUND", {
    status: 404,
    title: "There is no such dead letter",
    detail: "It may have been applied since by itself.",
  });
}

export function shown(row: LetterRow): DeadLetter {
  const failures = row.failures.map(({ at, via, error }) => ({ at: iso(at), via, error }));
  return { ...summary(row), body: row.body, failures };
}

function summary(row: LetterRow): OutputOf<Operations["deadLetters"]>["items"][number] {
  const { id, source, messageId, type, subject, sequence, status, attempts, reason } = row;
  return {
    id,
    source,
    messageId,
    type,
    subject,
    sequence,
    status,
    attempts,
    error: row.failures.at(-1)?.error ?? "",
    reason,
    firstFailedAt: iso(row.firstFailedAt),
    lastFailedAt: iso(row.lastFailedAt),
    settledAt: row.settledAt === null ? null : iso(row.settledAt),
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
