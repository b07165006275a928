import {
  childOf,
  type CommandTypes,
  type Inbound,
  meshError,
  newTrace,
  parseTraceparent,
  rootContext,
  type Work,
} from "@weft/mesh";
import type { Transact } from "../database/database.ts";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";
import { TASKS } from "../dead-letters/letter.ts";
import { forget } from "../dead-letters/record.ts";
import { inbox } from "../subscription/schema.ts";
import type { TaskRetry } from "./retry.ts";
import { markDone, type Task } from "./rows.ts";
import type { TaskHandlers } from "./task-queue.ts";

/** Who works on tasks, and how. */
export interface Desk {
  readonly types: CommandTypes;
  readonly handlers: TaskHandlers<CommandTypes, unknown>;
  readonly retry: TaskRetry;
}

/** Working on a task belongs to the trace of what sent it. */
export function openFor({ traceparent }: Pick<Task, "traceparent">, work: Work): Inbound {
  const cause = parseTraceparent(traceparent);
  return work.open(rootContext(cause ? childOf(cause) : newTrace()));
}

/**
 * Does a task: what its handler writes and what comes along happens once, whoever else has the task, and takes the dead
 * letter of earlier failures with it. Throws what the handler throws.
 */
export async function perform(
  { types, handlers }: Desk,
  work: Work,
  task: Task,
  along: readonly Statement[] = [],
): Promise<void> {
  const { scope, resources } = openFor(task, work);
  const db = resources["db"] as AnyDatabase;
  const { id, type, attempts } = task;
  const handler = Object.hasOwn(handlers, type) ? handlers[type] : undefined;
  if (!handler || !types[type]) throw new TypeError(`This service has no command "${type}".`);
  const data = types[type].parse(task.data);
  const repeated = meshError("CONFLICT", `Task ${id} was done by somebody else.`);
  try {
    await (resources["transact"] as Transact)(async (tx) => {
      tx.reject("inbox.source", () => repeated);
      tx.add(
        db.insert(inbox).values({ source: TASKS, eventId: id, appliedAt: tx.now }),
        markDone(db, id, tx.now),
        ...along,
        forget(db, TASKS, id),
      );
      const own = { ...resources, tx, data, task: { id, attempt: attempts }, scope, context: scope.context };
      await handler(own as never);
    });
  } catch (error) {
    if (error !== repeated) throw error;
    await db.batch([markDone(db, id, Date.now()), ...along]);
  }
}
