import type { MountedOperation, Operation } from "@weft/mesh";
import type * as z from "zod";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { deadLettersOf } from "./contract.ts";
import { type Appliance, discard, edit, replay } from "./desk.ts";
import { type LetterRow, TASKS } from "./letter.ts";
import { findLetter, listLetters, shown } from "./list.ts";

type Operations = ReturnType<typeof deadLettersOf>["operations"];
interface Desk {
  readonly db: AnyDatabase;
  /** For the letters of events, where the service has subscriptions or projections. */
  readonly deadLetters: Appliance;
  /** For those of tasks, where it has a task queue. */
  readonly deadTasks: Appliance;
}
type Handle<O extends Operation> = (
  context: Desk & { input: z.output<O["input"]> },
) => Promise<z.input<O["output"]>>;

function applianceFor({ source }: LetterRow, { deadLetters, deadTasks }: Desk): Appliance {
  return source === TASKS ? deadTasks : deadLetters;
}

const handlers: { [K in keyof Operations]: Handle<Operations[K]> } = {
  deadLetters: ({ input, db }) => listLetters(db, input),
  deadLetter: async ({ input, db }) => shown(await findLetter(db, input.id)),
  editDeadLetter: async ({ input, ...desk }) => {
    const letter = await findLetter(desk.db, input.id);
    return edit(desk.db, letter, input.body, applianceFor(letter, desk));
  },
  replayDeadLetter: async ({ input, ...desk }) => {
    const letter = await findLetter(desk.db, input.id);
    return replay(desk.db, letter, applianceFor(letter, desk), Date.now());
  },
  discardDeadLetter: async ({ input, ...desk }) => {
    const letter = await findLetter(desk.db, input.id);
    return discard(desk.db, letter, input.reason, applianceFor(letter, desk), Date.now());
  },
};

/**
 * The operators' operations of a service that keeps dead letters. The plugin that does so provides an `Appliance` as the
 * resource `deadLetters` or `deadTasks`; where several do, these are mounted once.
 */
export function deadLetterOperations(service: string): MountedOperation[] {
  return Object.entries(deadLettersOf(service).operations).map(([name, operation]) => ({
    operation,
    handler: handlers[name as keyof Operations] as MountedOperation["handler"],
  }));
}
