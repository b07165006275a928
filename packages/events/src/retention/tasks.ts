import { and, gte, isNull, sql } from "drizzle-orm";
import { tasks } from "../commands/schema.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { TASKS } from "../dead-letters/letter.ts";
import { MEMORY, trim } from "./trim.ts";

/** Forgets tasks that were taken on long ago and are done or discarded. Those that wait for an operator stay. */
export function trimTasks(db: AnyDatabase, now: number): Promise<void> {
  const waits = sql`EXISTS (SELECT 1 FROM dead_letters WHERE source = ${TASKS} AND message_id = ${tasks.id}
    AND status IN ('failing', 'dead'))`;
  return trim(db, {
    table: tasks,
    stopAt: gte(tasks.createdAt, now - MEMORY),
    which: and(isNull(tasks.dueAt), sql`NOT ${waits}`),
  });
}
