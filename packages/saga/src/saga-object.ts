import { MeshError, type MeshErrorOptions, type Principal, type Trace, isMeshError } from "@weft/mesh";
import type { Signed } from "./ports.ts";
import type { Logged } from "./event.ts";
import type { Heard, Sender } from "./hear.ts";
import type { Order } from "./order.ts";
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

/** An order as operators give it: a definition is named by its version. */
export type OrderRequest =
  | Exclude<Order, { verb: "migrate" }>
  | { readonly verb: "migrate"; readonly version: number };

/** A saga with all that has happened to it. */
export interface Inspection {
  readonly saga: SagaSnapshot;
  readonly log: readonly Logged[];
}

/** What a Durable Object that runs sagas answers over RPC; undefined of a saga that it never started. */
export interface SagaObject {
  start(request: StartRequest): Promise<StartResult>;
  /** The saga when it is settled, when `step` was done, or as it stands after `ms`. */
  wait(id: string, ms: number, step?: string): Promise<SagaSnapshot | undefined>;
  get(id: string): Promise<SagaSnapshot | undefined>;
  /** Makes the saga go on, in case the object's alarm was lost. */
  resume(id: string): Promise<SagaSnapshot | undefined>;
  /** Sets the object's alarm again if it was lost: all sagas in it will go on. */
  restore(): Promise<void>;
  inspect(id: string): Promise<Inspection | undefined>;
  order(id: string, signed: Signed, order: OrderRequest): Promise<Answered<SagaSnapshot>>;
  signal(id: string, signalId: string, step: string, payload: unknown, by?: Sender): Promise<Answered<Heard>>;
}

/** An answer that keeps an error's code over RPC, which loses all but its message. */
export type Answered<T> =
  | { readonly value: T }
  | {
      readonly code: string;
      readonly problem: Pick<MeshErrorOptions, "status" | "title" | "detail" | "errors">;
    };

export function answered<T>(work: () => T): Answered<T> {
  try {
    return { value: work() };
  } catch (error) {
    if (!isMeshError(error)) throw error;
    const { code, status, title, detail, errors } = error;
    return { code, problem: { status, title, ...(detail && { detail }), ...(errors && { errors }) } };
  }
}

/** Throws the error that `answered` has caught. */
export function unwrap<T>(answer: Answered<T>): T {
  if ("value" in answer) return answer.value;
  throw new MeshError(answer.code, answer.problem);
}
