import { and, asc, desc, eq, inArray, isNotNull, isNull, lte, sql } from "drizzle-orm";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import type { Command } from "./command.ts";
import { commandOutbox, tasks } from "./schema.ts";

export type Task = typeof tasks.$inferSelect;

/** How long a worker has a task for itself, ms: above the time limits of all that working on one waits for. */
const LEASE = 60_000;

/** Puts a command for another service into the outbox. */
export function putOut(db: AnyDatabase, recipient: string, command: Command, now: number) {
  return db.insert(commandOutbox).values({ ...command, recipient, createdAt: now, retryAt: now });
}

/** Takes a command on. One that is known already stays as it is. */
export function takeOn(db: AnyDatabase, sender: string, command: Command, now: number) {
  return db
    .insert(tasks)
    .values({ ...command, sender, createdAt: now })
    .onConflictDoNothing({ target: tasks.id });
}

/** Takes up to `limit` tasks that are due, those of the highest priority first; until their lease ends nobody else gets them. */
export function claim(db: AnyDatabase, limit: number, now: number): Promise<Task[]> {
  const due = db
    .select({ id: tasks.id })
    .from(tasks)
    .where(lte(tasks.dueAt, now))
    .orderBy(desc(tasks.priority), asc(tasks.dueAt))
    .limit(limit);
  return db
    .update(tasks)
    .set({ dueAt: now + LEASE, attempts: sql`${tasks.attempts} + 1` })
    .where(inArray(tasks.id, due))
    .returning();
}

/**
 * Takes one task with the data given, whether it is due or was given up, which `given` tells. Throws if it is done, or
 * gone.
 */
export async function take(
  db: AnyDatabase,
  id: string,
  data: unknown,
  now: number,
): Promise<{ task: Task; given: boolean }> {
  const undone = and(eq(tasks.id, id), isNull(tasks.doneAt));
  const [[before], [task]] = await db.batch([
    db.select({ dueAt: tasks.dueAt }).from(tasks).where(undone),
    db
      .update(tasks)
      .set({ data, dueAt: now + LEASE, attempts: sql`${tasks.attempts} + 1` })
      .where(undone)
      .returning(),
  ]);
  if (!before || !task) throw new Error(`There is no task ${id} to be done.`);
  return { task, given: before.dueAt === null };
}

/** For a task that is never to be done. */
export function end(db: AnyDatabase, id: string) {
  return db.update(tasks).set({ dueAt: null }).where(eq(tasks.id, id));
}

export function markDone(db: AnyDatabase, id: string, now: number) {
  return db.update(tasks).set({ doneAt: now, dueAt: null }).where(eq(tasks.id, id));
}

/**
 * When to try again, or null for never. Whoever took the task after this attempt's lease had ended has the say, and so
 * has who ended it meanwhile.
 */
export function postpone(db: AnyDatabase, { id, attempts }: Task, dueAt: number | null) {
  return db
    .update(tasks)
    .set({ dueAt })
    .where(and(eq(tasks.id, id), eq(tasks.attempts, attempts), isNotNull(tasks.dueAt)));
}
