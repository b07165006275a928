import type { Principal, Trace } from "@weft/mesh";
import type { Logged } from "./event.ts";
import type { Plan } from "./plan.ts";

/** What a saga begins with and keeps to its end. */
export interface Head {
  readonly id: string;
  readonly plan: Plan;
  /** Of the definition that it began with. */
  readonly hash: string;
  readonly input: unknown;
  /** The starter's span: the saga's calls are its children. */
  readonly trace: Trace;
  readonly principal: Principal | undefined;
  /** Hops that led to the start. */
  readonly hops?: number;
  /**
   * The starter's part of the world. A Durable Object is not told its own, but it is made near whoever first asks for it
   * and stays there. Sagas that share an object each go by their own starter.
   */
  readonly region?: string | undefined;
  /** ms since the epoch */
  readonly startedAt: number;
}

export interface Stored {
  readonly head: Head;
  readonly log: readonly Logged[];
}

/** What is stored of one saga. Every write is synchronous and either happens whole or not at all. */
export interface SagaStore {
  load(): Stored | undefined;
  begin(head: Head, started: Logged): void;
  append(events: readonly Logged[]): void;
}
