import type { MountedOperation, Operation } from "@weft/mesh";
import type * as z from "zod";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { deadLettersOf } from "./contract.ts";
import { type Appliance, discard, edit, replay } from "./desk.ts";
import { findLetter, listLetters, shown } from "./list.ts";

type Operations = ReturnType<typeof deadLettersOf>["operations"];
type Handle<O extends Operation> = (context: {
  input: z.output<O["input"]>;
  db: AnyDatabase;
  deadLetters: Appliance;
}) => Promise<z.input<O["output"]>>;

const handlers: { [K in keyof Operations]: Handle<Operations[K]> } = {
  deadLetters: ({ input, db }) => listLetters(db, input),
  deadLetter: async ({ input, db }) => shown(await findLetter(db, input.id)),
  editDeadLetter: ({ input, db }) => edit(db, input.id, input.body),
  replayDeadLetter: ({ input, db, deadLetters }) => replay(db, input.id, deadLetters, Date.now()),
  discardDeadLetter: ({ input, db, deadLetters }) =>
    discard(db, input.id, input.reason, deadLetters, Date.now()),
};

/** The operators' operations of a subscriber. Its plugin provides an `Appliance` as the resource `deadLetters`. */
export function deadLetterOperations(service: string): MountedOperation[] {
  return Object.entries(deadLettersOf(service).operations).map(([name, operation]) => ({
    operation,
    handler: handlers[name as keyof Operations] as MountedOperation["handler"],
  }));
}
