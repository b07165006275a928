import {
  childOf,
  type CommandTypes,
  describe,
  log,
  meshError,
  newTrace,
  parseTraceparent,
  rootContext,
  type Work,
} from "@weft/mesh";
import type { Transact } from "../database/database.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { inbox } from "../subscription/schema.ts";
import { nextAttempt, type TaskRetry } from "./retry.ts";
import type { TaskHandlers } from "./task-queue.ts";
import { claim, markDone, postpone, type Task } from "./rows.ts";

/** Who works on tasks, and how. */
export interface Desk {
  readonly types: CommandTypes;
  readonly handlers: TaskHandlers<CommandTypes, unknown>;
  readonly retry: TaskRetry;
}

/** Tasks worked on side by side. */
const AT_ONCE = 10;
/** Rounds in one run: work after an answer has 30 s at most on Workers. */
const ROUNDS = 5;
/** In the inbox a task is an event from here, so its effect happens once even when two workers have it. */
const SOURCE = "/tasks";

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
async function attempt({ types, handlers, retry }: Desk, work: Work, task: Task): Promise<boolean> {
  const cause = parseTraceparent(task.traceparent);
  const { scope, resources } = work.open(rootContext(cause ? childOf(cause) : newTrace()));
  const db = resources["db"] as AnyDatabase;
  const { id, type, attempts, sender } = task;
  const started = Date.now();
  const line = (level: "info" | "error", fields: object) =>
    log(level, "task", {
      service: scope.service,
      task: id,
      type,
      sender,
      attempt: attempts,
      ms: Date.now() - started,
      traceId: scope.context.trace.traceId,
      spanId: scope.context.trace.spanId,
      parentId: scope.context.trace.parentId,
      ...fields,
    });
  const repeated = meshError("CONFLICT", `Task ${id} was done by somebody else.`);
  try {
    const handler = Object.hasOwn(handlers, type) ? handlers[type] : undefined;
    if (!handler || !types[type]) throw new TypeError(`This service has no command "${type}".`);
    const data = types[type].parse(task.data);
    await (resources["transact"] as Transact)(async (tx) => {
      tx.reject("inbox.source", () => repeated);
      tx.add(
        db.insert(inbox).values({ source: SOURCE, eventId: id, appliedAt: tx.now }),
        markDone(db, id, tx.now),
      );
      const own = { ...resources, tx, data, task: { id, attempt: attempts }, scope, context: scope.context };
      await handler(own as never);
    });
    line("info", { outcome: "done" });
    return true;
  } catch (error) {
    if (error === repeated) {
      await markDone(db, id, Date.now());
      return true;
    }
    const dueAt = nextAttempt(retry, task, error, Date.now());
    await postpone(db, task, dueAt);
    line("error", { outcome: dueAt === null ? "given up" : "failed", cause: describe(error) });
    return false;
  }
}
