import type { CommandTypes, Context, MountedOperation, Plugin, Scope } from "@weft/mesh";
import { eq } from "drizzle-orm";
import type * as z from "zod";
import type { AnyDatabase, UnitOfWork } from "../database/unit-of-work.ts";
import { type CommandTarget, commandsOf } from "./command.ts";
import type { TaskRetry } from "./retry.ts";
import { type Appliance } from "../dead-letters/desk.ts";
import { deadLetterOperations } from "../dead-letters/operations.ts";
import { TASKS } from "../dead-letters/letter.ts";
import { purge } from "../dead-letters/record.ts";
import { deadLetters } from "../dead-letters/schema.ts";
import { trimTaskInbox } from "../retention/inbox.ts";
import { trimTasks } from "../retention/tasks.ts";
import { taskAppliance } from "./letter.ts";
import { workOff } from "./work-off.ts";
import { isWake } from "./wake.ts";

/** What a command's handler gets: its data and what the service's plugins provide. Writes go through `tx`. */
export type TaskContext<R, D = unknown> = R & {
  readonly data: D;
  readonly task: { readonly id: string; /** from 1 */ readonly attempt: number };
  readonly scope: Scope;
  readonly context: Context;
};

export type TaskHandlers<M extends CommandTypes, R> = {
  readonly [T in keyof M & string]: (context: TaskContext<R, z.output<M[T]>>) => unknown;
};

export interface TaskQueueOptions<M extends CommandTypes, R> {
  contract: CommandTarget<M> & { readonly senders: readonly string[] };
  handlers: TaskHandlers<M, R>;
  retry?: TaskRetry;
}

export interface TaskQueueResources {
  /** What the operators' operations work with. */
  deadTasks: Appliance;
}

/**
 * The commands of a service's contract, sent by others or by itself (`tx.send`): kept in its database, done when they
 * are due, those of the highest priority first, and tried again until they are done or given up. What a handler writes
 * happens once; effects outside this service's database happen at least once. What is given up is a dead letter. Needs `database()` before it, cron, and
 * for delays below a minute a queue of its own, `<service>-tasks`.
 */
export function taskQueue<M extends CommandTypes, R extends object>({
  contract,
  handlers,
  retry = {},
}: TaskQueueOptions<M, R>): Plugin<TaskQueueResources> {
  // Handlers get what the plugins provide at run time; `R` has been checked where they were written.
  const desk = { types: contract.commands, handlers: handlers as TaskHandlers<CommandTypes, unknown>, retry };
  const accept: MountedOperation = {
    operation: commandsOf(contract.name, contract.senders),
    handler: ({ input, caller, tx }: Accepting) => {
      for (const command of input.commands) tx.take(caller, command);
      return { taken: input.commands.length };
    },
  };
  return {
    resources: (_, work) => ({ deadTasks: taskAppliance(desk, work) }),
    operations: [accept, ...deadLetterOperations(contract.name)],
    async queue(batch, work) {
      if (!batch.messages.some(({ body }) => isWake(body))) return;
      batch.ackAll();
      await workOff(desk, work);
    },
    async scheduled(_, work) {
      await workOff(desk, work);
      const db = work.open().resources["db"] as AnyDatabase;
      await trimTasks(db, Date.now());
      await trimTaskInbox(db, Date.now());
      await purge(db, eq(deadLetters.source, TASKS), Date.now());
    },
  };
}

interface Accepting {
  readonly input: z.output<ReturnType<typeof commandsOf>["input"]>;
  readonly caller: string;
  readonly tx: UnitOfWork<never>;
}
