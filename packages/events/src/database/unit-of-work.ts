import {
  type CommandTypes,
  type EventTypes,
  formatTraceparent,
  type MeshError,
  type Scope,
  eventVersion,
} from "@weft/mesh";
import { sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import type * as z from "zod";
import type { Command, CommandTarget, SendOptions } from "../commands/command.ts";
import { putOut, takeOn } from "../commands/rows.ts";
import { type EventRow, MAX_DATA, rowColumns } from "../log/log-row.ts";
import { byteLength } from "../log/queue-batches.ts";
import type { Hint } from "./fire-and-forget.ts";
import { eventLog } from "../log/schema.ts";

export type Statement = BatchItem<"sqlite">;
// oxlint-disable-next-line typescript/no-explicit-any -- a unit of work takes a database of any schema
export type AnyDatabase = DrizzleD1Database<any>;

export interface EmitOptions {
  /** Subject sequence of the event that this one follows. If there is another one by then, the handler runs again. */
  after?: number;
}

/** What a handler wants written. All of it is committed together after the handler returns, or nothing is. */
export interface Tx<E extends EventTypes = EventTypes> {
  /** When this work happens, ms since the epoch: one time for its rows and its events. */
  readonly now: number;
  /** Adds writes; they run in the order given. */
  add(...statements: Statement[]): void;
  /**
   * Sends a command to one service, this one included, which does it once. Other services must be named in
   * `database({ sendsTo })`.
   */
  send<M extends CommandTypes, C extends keyof M & string>(
    to: CommandTarget<M>,
    type: C,
    data: z.input<M[C]>,
    options?: SendOptions,
  ): void;
  /**
   * Adds an event to this service's log, with at most 1 MB of data; returns the data as the log has it. `subject` is
   * the id of the thing that it is about.
   */
  emit<T extends keyof E & string>(
    type: T,
    subject: string,
    data: z.input<E[T]>,
    options?: EmitOptions,
  ): z.output<E[T]>;
  /**
   * Sends a message to a queue (its producer binding) after the commit, once, without a trace in any log: for what may
   * be lost, such as a hint that something is worth looking at.
   */
  fireAndForget(queue: string, body: object): void;
  /** Says what a violated constraint means: its name (CHECK) or `table.column` (UNIQUE), and the error to answer with. */
  reject(constraint: string, error: () => MeshError): void;
  /** A violation of this constraint means that somebody else was faster: the handler runs again and sees their rows. */
  rerunOn(constraint: string): void;
}

/** Thrown by `commit` when the handler should run again. */
export class Raced extends Error {
  override readonly name = "Raced";
}

export interface Surroundings<E extends EventTypes> {
  readonly db: AnyDatabase;
  readonly types: E;
  readonly recipients: readonly CommandTarget[];
  readonly scope: Scope;
}

/** D1 has no interactive transaction: reads come first, then one `batch()`, which SQLite runs as a transaction. */
export class UnitOfWork<E extends EventTypes> implements Tx<E> {
  readonly #db: AnyDatabase;
  readonly #types: E;
  readonly #scope: Scope;
  readonly #recipients: readonly CommandTarget[];
  readonly now: number;
  readonly #statements: Statement[] = [];
  readonly #eventPositions: number[] = [];
  readonly #rejections: [string, () => Error][] = [];
  /** When this service's own new tasks are due, ms since the epoch. */
  readonly wakes: number[] = [];
  /** There are commands for others. */
  sends = false;
  readonly hints: Hint[] = [];

  constructor({ db, types, recipients, scope }: Surroundings<E>, now: number) {
    this.#db = db;
    this.#types = types;
    this.#recipients = recipients;
    this.#scope = scope;
    this.now = now;
  }

  add(...statements: Statement[]): void {
    this.#statements.push(...statements);
  }

  fireAndForget(queue: string, body: object): void {
    this.hints.push({ queue, body });
  }

  emit<T extends keyof E & string>(
    type: T,
    subject: string,
    data: z.input<E[T]>,
    { after }: EmitOptions = {},
  ): z.output<E[T]> {
    const schema = this.#types[type];
    if (!schema) throw new TypeError(`"${type}" is not an event of this service's contract.`);
    const valid = schema.parse(data) as z.output<E[T]>;
    const size = byteLength(valid);
    if (size > MAX_DATA)
      throw new RangeError(
        `The data of "${type}" has ${size} bytes, and an event takes ${MAX_DATA}: store the data elsewhere (R2) and publish its key.`,
      );
    if (after !== undefined) this.rerunOn("events.subject");
    const next = sql`(SELECT COALESCE(MAX(subject_seq), 0) + 1 FROM events WHERE subject = ${subject})`;
    this.#eventPositions.push(this.#statements.length);
    this.#statements.push(
      this.#db
        .insert(eventLog)
        .values({
          id: crypto.randomUUID(),
          type,
          subject,
          subjectSeq: after === undefined ? next : after + 1,
          version: eventVersion(schema),
          data: valid,
          time: this.now,
          traceparent: formatTraceparent(this.#scope.context.trace),
        })
        .returning(rowColumns) as unknown as Statement,
    );
    return valid;
  }

  send<M extends CommandTypes, C extends keyof M & string>(
    to: CommandTarget<M>,
    type: C,
    data: z.input<M[C]>,
    { id = crypto.randomUUID(), delay = 0, priority = 0 }: SendOptions = {},
  ): void {
    const schema = to.commands[type];
    if (!schema) throw new TypeError(`"${type}" is not a command of ${to.name}'s contract.`);
    const command = {
      id,
      type,
      data: schema.parse(data),
      priority,
      dueAt: this.now + delay,
      traceparent: formatTraceparent(this.#scope.context.trace),
    };
    if (to.name === this.#scope.service) return this.take(to.name, command);
    if (!this.#recipients.some(({ name }) => name === to.name))
      throw new TypeError(
        `Commands for ${to.name} have no way out: name it in database({ sendsTo: [...] }).`,
      );
    this.sends = true;
    this.#statements.push(putOut(this.#db, to.name, command, this.now));
  }

  /** Takes on a command that this service is to do. */
  take(sender: string, command: Command): void {
    this.wakes.push(command.dueAt);
    this.#statements.push(takeOn(this.#db, sender, command, this.now));
  }

  reject(constraint: string, error: () => MeshError): void {
    this.#rejections.push([constraint, error]);
  }

  rerunOn(constraint: string): void {
    this.#rejections.push([constraint, () => new Raced(constraint)]);
  }

  /** Writes everything in one transaction; returns the events with their places in the log. */
  async commit(): Promise<EventRow[]> {
    const [first, ...rest] = this.#statements;
    if (!first) return [];
    try {
      const results: unknown[] = await this.#db.batch([first, ...rest]);
      return this.#eventPositions.flatMap((position) => results[position] as EventRow[]);
    } catch (error) {
      throw this.#meaningOf(error);
    }
  }

  #meaningOf(error: unknown): unknown {
    const text = violation(error);
    const match = text && this.#rejections.find(([constraint]) => text.includes(constraint));
    return match ? match[1]() : error;
  }
}

/** SQLite's words for a violated constraint, from anywhere in the chain of causes. */
export function violation(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message.includes("constraint failed")) return cause.message;
  }
  return undefined;
}
