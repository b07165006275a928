import { describe, log, type Work } from "@weft/mesh";
import { NEVER, recordFailure } from "../dead-letters/record.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { letterOf } from "./letter.ts";
import { type Desk, openFor, perform } from "./perform.ts";
import { nextAttempt } from "./retry.ts";
import { claim, giveUp, postpone, type Task } from "./rows.ts";

/** Tasks worked on side by side. */
const AT_ONCE = 10;
/** Rounds in one run: work after an answer has 30 s at most on Workers. */
const ROUNDS = 5;
/**
 * A task that so many attempts in a row did not live to tell of is given up: each took its process along, by memory or
 * time, and all that was going on in it. With the growing lease that is half an hour.
 */
const MAX_UNFINISHED = 5;

/** Works on what is due, the most important first. Never throws. */
export async function workOff(desk: Desk, work: Work): Promise<void> {
  const { scope, resources } = work.open();
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const db = resources["db"] as AnyDatabase;
      const claimed = await claim(db, AT_ONCE, false, Date.now());
      const done = await Promise.all(claimed.map((task) => attempt(desk, work, task)));
      // One after the other, taken one by one: of those that were at work when a process died, one may have killed it.
      for (let count = 0; count < AT_ONCE; count++) {
        const [suspect] = await claim(db, 1, true, Date.now());
        if (!suspect) break;
        done.push(await attempt(desk, work, suspect));
      }
      // Nothing done: what all of them need is down, and the rest can wait as well.
      if (!done.includes(true)) return;
    }
  } catch (error) {
    log("error", "tasks", { service: scope.service, cause: describe(error) });
  }
}

/** One attempt, and what came of it written down; were that lost, the lease's end brings the task back. */
async function attempt(desk: Desk, work: Work, task: Task): Promise<boolean> {
  const { scope, resources } = openFor(task, work);
  const db = resources["db"] as AnyDatabase;
  const started = Date.now();
  const line = (level: "info" | "error", fields: object) =>
    log(level, "task", {
      service: scope.service,
      task: task.id,
      type: task.type,
      sender: task.sender,
      attempt: task.attempts,
      ms: Date.now() - started,
      traceId: scope.context.trace.traceId,
      spanId: scope.context.trace.spanId,
      parentId: scope.context.trace.parentId,
      ...fields,
    });
  try {
    if (task.unfinished > MAX_UNFINISHED) {
      const error = `${MAX_UNFINISHED} attempts in a row came to no end: the process died, or lost its database.`;
      const failure = { at: started, via: "task", error } as const;
      await db.batch([giveUp(db, task), recordFailure(db, letterOf(task), failure, 1)]);
      line("error", { outcome: "dead", cause: error });
      return false;
    }
    await perform(desk, work, task);
    line("info", { outcome: "done" });
    return true;
  } catch (error) {
    const now = Date.now();
    const dueAt = nextAttempt(desk.retry, task, error, now);
    const failure = { at: now, via: "task", error: describe(error) } as const;
    const given = dueAt === null ? 1 : NEVER;
    await db.batch([postpone(db, task, dueAt), recordFailure(db, letterOf(task), failure, given)]);
    line("error", { outcome: dueAt === null ? "dead" : "failed", cause: describe(error) });
    return false;
  }
}
