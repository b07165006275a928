import { type Work } from "@weft/mesh";
import * as z from "zod";
import type { Appliance, Kind } from "../dead-letters/desk.ts";
import { type Letter, TASKS } from "../dead-letters/letter.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { type Desk, perform } from "./perform.ts";
import { nextAttempt } from "./retry.ts";
import { end, postpone, take, type Task } from "./rows.ts";

const TaskMessage = z.object({ id: z.string(), type: z.string(), sender: z.string(), data: z.unknown() });
type TaskMessage = z.infer<typeof TaskMessage>;

const TASK: Kind<TaskMessage> = {
  name: "a task (id, type, sender, data)",
  schema: TaskMessage,
  identity: ["id", "type", "sender"],
};

export function letterOf({ id, type, sender, data }: Task): Letter {
  const body: TaskMessage = { id, type, sender, data };
  return { source: TASKS, messageId: id, type, subject: null, sequence: null, body };
}

/** How a service carries out what operators decide about its tasks. */
export function taskAppliance(desk: Desk, work: Work): Appliance<TaskMessage> {
  const database = () => work.open().resources["db"] as AnyDatabase;
  return {
    kind: TASK,
    async apply({ id, data }, settled) {
      const db = database();
      // Due again, by a lease: should this process die, somebody else does the task.
      const { task, given } = await take(db, id, data, Date.now());
      try {
        await perform(desk, work, task, [settled]);
      } catch (error) {
        // What had been given up stays so; what was to be tried again is.
        const dueAt = given ? null : nextAttempt(desk.retry, task, error, Date.now());
        await postpone(db, task, dueAt);
        throw error;
      }
    },
    async pass({ id }, settled) {
      const db = database();
      await db.batch([end(db, id), settled]);
    },
  };
}
