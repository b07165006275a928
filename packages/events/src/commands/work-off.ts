import { describe, log, type Work } from "@weft/mesh";
import { recordFailure } from "../dead-letters/record.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { letterOf } from "./letter.ts";
import { type Desk, openFor, perform } from "./perform.ts";
import { nextAttempt } from "./retry.ts";
import { claim, postpone, type Task } from "./rows.ts";

/** Tasks worked on side by side. */
const AT_ONCE = 10;
/** Rounds in one run: work after an answer has 30 s at most on Workers. */
const ROUNDS = 5;
/** Works on what is due, the most important first. Never throws. */
export async function workOff(desk: Desk, work: Work): Promise<void> {
  const { scope, resources } = work.open();
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const claimed = await claim(resources["db"] as AnyDatabase, AT_ONCE, Date.now());
      const done = await Promise.all(claimed.map((task) => attempt(desk, work, task)));
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
    await perform(desk, work, task);
    line("info", { outcome: "done" });
    return true;
  } catch (error) {
    const now = Date.now();
    const dueAt = nextAttempt(desk.retry, task, error, now);
    const failure = { at: now, via: "task", error: describe(error) } as const;
    const given = dueAt === null ? 1 : Number.MAX_SAFE_INTEGER;
    await db.batch([postpone(db, task, dueAt), recordFailure(db, letterOf(task), failure, given)]);
    line("error", { outcome: dueAt === null ? "dead" : "failed", cause: describe(error) });
    return false;
  }
}
