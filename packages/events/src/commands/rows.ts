import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, lte, sql } from "drizzle-orm";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import type { Command } from "./command.ts";
import { commandOutbox, tasks } from "./schema.ts";

export type Task = typeof tasks.$inferSelect;

/**
 * How long a worker has a task for itself, ms: above the time limits of all that working on one waits for. Doubles with
 * each attempt that came to no end.
 */
const LEASE = 60_000;
const begun = (now: number) => ({
  dueAt: sql`${now} + (${LEASE} << min(${tasks.unfinished}, 6))`,
  attempts: sql`${tasks.attempts} + 1`,
  unfinished: sql`${tasks.unfinished} + 1`,
});

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

/**
 * Takes up to `limit` tasks that are due, those of the highest priority first; until their lease ends nobody else gets
 * them. `suspect` are those whose last attempt came to no end.
 */
export function claim(db: AnyDatabase, limit: number, suspect: boolean, now: number): Promise<Task[]> {
  const due = db
    .select({ id: tasks.id })
    .from(tasks)
    .where(and(lte(tasks.dueAt, now), suspect ? gt(tasks.unfinished, 0) : eq(tasks.unfinished, 0)))
    .orderBy(desc(tasks.priority), asc(tasks.dueAt))
    .limit(limit);
  return db.update(tasks).set(begun(now)).where(inArray(tasks.id, due)).returning();
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
      .set({ data, ...begun(now) })
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

/** Whoever took a task after an attempt's lease had ended has the say over it, and so has who ended it meanwhile. */
function stillHeld({ id, attempts }: Task) {
  return and(eq(tasks.id, id), eq(tasks.attempts, attempts), isNotNull(tasks.dueAt));
}

/** The attempt has failed: when to try again, or null for never. */
export function postpone(db: AnyDatabase, task: Task, dueAt: number | null) {
  return db.update(tasks).set({ dueAt, unfinished: 0 }).where(stillHeld(task));
}

/** Nobody lives to tell of an attempt. Should an operator try once more in vain, it is given up at once. */
export function giveUp(db: AnyDatabase, task: Task) {
  return db.update(tasks).set({ dueAt: null }).where(stillHeld(task));
}
