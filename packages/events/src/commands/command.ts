import { command, type CommandTypes, type Operation } from "@weft/mesh";
import * as z from "zod";

/** The part of a contract that sending commands needs. */
export interface CommandTarget<M extends CommandTypes = CommandTypes> {
  readonly name: string;
  readonly commands: M;
}

export interface SendOptions {
  /** Commands with the same id are one command; default is a new id. */
  id?: string;
  /** Not to be done before this time has passed, ms. */
  delay?: number;
  /** Of what is due, higher goes first; default 0. */
  priority?: number;
}

/** A command on its way to the one service that is to do it. */
export const Command = z.object({
  id: z.string().min(1),
  type: z.string().min(1),
  data: z.unknown(),
  priority: z.int(),
  /** Not to be done before, ms since the epoch. */
  dueAt: z.int(),
  traceparent: z.string(),
});
export type Command = z.infer<typeof Command>;

/** Most commands in one call. */
export const MAX_COMMANDS = 50;

const Commands = z.object({ commands: z.array(Command).min(1).max(MAX_COMMANDS) });
const Taken = z.object({ taken: z.int() });

/** The operation by which a service takes commands on. A command that comes twice is taken on once. */
export function commandsOf(
  service: string,
  senders: readonly string[] = [],
): Operation<typeof Commands, typeof Taken> {
  const draft = command("POST /internal/commands", {
    summary: "Work for this service, done after the answer",
    input: Commands,
    output: Taken,
    status: 202,
    idempotent: true,
    priority: "background",
    allow: senders,
  });
  return { ...draft, id: `${service}.commands`, service };
}
