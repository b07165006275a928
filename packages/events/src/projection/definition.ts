import type { EventTypes } from "@weft/mesh";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type * as z from "zod";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";
import type { Envelope } from "../log/envelope.ts";
import type { EventSource } from "../log/publisher.ts";

/** `live` is read from, `shadow` is being rebuilt. */
export type Copy = "live" | "shadow";
export type Tables = Readonly<Record<string, SQLiteTable>>;

/** Makes writes. It cannot read: the events before this one may be in the same batch, and not written yet. */
export type Writer = Pick<AnyDatabase, "insert" | "update" | "delete">;

export interface Projected<T, K extends string = string, D = unknown> {
  readonly event: Envelope<K, D>;
  /** The tables to write to; which copy they are is nothing to the handler. */
  readonly tables: T;
  readonly write: Writer;
}

/** What each type of event does to the tables; a pure function of the event. Types that are not named do nothing. */
export type ProjectionHandlers<E extends EventTypes, T> = {
  readonly [K in keyof E & string]?: (
    context: Projected<T, K, z.output<E[K]>>,
  ) => Statement | readonly Statement[];
};

/** One publisher's events, as a projection sees them. */
export interface ProjectionSource<T = Tables> {
  readonly contract: EventSource;
  readonly handlers: Readonly<
    Record<string, ((context: Projected<T, never, never>) => Statement | readonly Statement[]) | undefined>
  >;
}

/**
 * Tables that are a fold over other services' logs: always what these events make of an empty table, in the order of
 * each log.
 */
export interface Projection<T extends Tables = Tables> {
  /** Within its service. */
  readonly name: string;
  /** The same tables twice, see `copies()`. */
  readonly tables: Readonly<Record<Copy, T>>;
  readonly from: readonly ProjectionSource<T>[];
  /**
   * The order on which the tables' content depends: that of all events in a log (the default), or only that of each
   * subject's. `subject` says that events of different subjects commute, and allows dead ones to be replayed.
   */
  readonly order?: "log" | "subject";
}

export function project<E extends EventTypes, T = Tables>(
  contract: EventSource<E>,
  handlers: ProjectionHandlers<E, T>,
): ProjectionSource<T> {
  return { contract, handlers: handlers as ProjectionSource<T>["handlers"] };
}

/** Checked where it is written; the engine behind it handles tables of any kind. */
export function projection<T extends Tables>(definition: Projection<T>): Projection {
  return definition as unknown as Projection;
}
