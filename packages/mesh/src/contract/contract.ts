import type * as z from "zod";
import { checkEvent } from "./event.ts";
import type { Draft, Operation } from "./operation.ts";

export type Drafts = Record<string, Draft<z.ZodType, z.ZodType>>;
export type EventTypes = Record<string, z.ZodType>;

/** Payload schemas of the commands that a service takes on, by type, such as `account.welcome`. */
export type CommandTypes = Record<string, z.ZodType>;

/** A service's public face: what it answers, whom it lets in, which events it publishes. Needs no runtime. */
export interface Contract<
  D extends Drafts = Drafts,
  E extends EventTypes = EventTypes,
  M extends CommandTypes = CommandTypes,
> {
  readonly name: string;
  readonly version: number;
  readonly operations: { readonly [K in keyof D]: Operation<D[K]["input"], D[K]["output"]> };
  readonly events: E;
  /** Names of the Workers that may read the log of these events. */
  readonly readers: readonly string[];
  /** Work that others may leave with this service, to be done later. */
  readonly commands: M;
  /** Names of the Workers that may send these commands. */
  readonly senders: readonly string[];
}

export interface ContractOptions<E extends EventTypes, M extends CommandTypes = Record<never, never>> {
  /** Major version; inside one major every change is additive. */
  version?: number;
  /** The published events by type, such as `order.confirmed`: the schema of the data, or `event(...)` once it has changed. */
  events?: E;
  /** Names of the Workers that may read the log of these events. */
  readers?: readonly string[];
  commands?: M;
  /** Names of the Workers that may send these commands. */
  senders?: readonly string[];
}

export function contract<
  D extends Drafts,
  E extends EventTypes = Record<never, never>,
  M extends CommandTypes = Record<never, never>,
>(name: string, drafts: D, options: ContractOptions<E, M> = {}): Contract<D, E, M> {
  const operations = Object.fromEntries(
    Object.entries(drafts).map(([key, draft]) => [key, { ...draft, id: `${name}.${key}`, service: name }]),
  );
  const events = options.events ?? ({} as E);
  for (const [type, schema] of Object.entries(events)) checkEvent(`${name}: event "${type}"`, schema);
  return {
    name,
    version: options.version ?? 1,
    operations: operations as Contract<D, E>["operations"],
    events,
    readers: options.readers ?? [],
    commands: options.commands ?? ({} as M),
    senders: options.senders ?? [],
  };
}

export type InputOf<O extends Operation> = z.input<O["input"]>;
export type OutputOf<O extends Operation> = z.output<O["output"]>;
/** The payload of one event type of a contract. */
export type EventData<C extends Contract, T extends keyof C["events"]> = z.output<C["events"][T]>;
