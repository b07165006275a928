import type { Principal, Trace } from "@weft/mesh";
import type { SagaSnapshot } from "./snapshot.ts";

export interface StartRequest {
  readonly id: string;
  readonly definition: string;
  readonly version: number;
  /** As the definition's schema gives it out. */
  readonly input: unknown;
  readonly trace: Trace;
  readonly principal: Principal | undefined;
  readonly hops?: number;
  readonly region?: string | undefined;
}

/** `conflict`: the id belongs to a saga with another input. `undefined-here`: this deployment lacks the definition. */
export type StartResult = "begun" | "joined" | "conflict" | "undefined-here";

/** What a saga's Durable Object answers over RPC; undefined where no saga was ever started. */
export interface SagaObject {
  start(request: StartRequest): Promise<StartResult>;
  /** The saga when it is settled, when `step` was done, or as it stands after `ms`. */
  wait(ms: number, step?: string): Promise<SagaSnapshot | undefined>;
  get(): Promise<SagaSnapshot | undefined>;
  /** Makes the saga go on, in case its alarm was lost. */
  resume(): Promise<SagaSnapshot | undefined>;
}
