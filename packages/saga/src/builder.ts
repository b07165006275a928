import type { InputOf, Operation, OutputOf } from "@weft/mesh";
import type * as z from "zod";
import type { SagaDefinition } from "./definition.ts";
import type { Failure } from "./event.ts";
import type { Retry } from "./plan.ts";

/** What the input of a step's call is made from: the saga's own input and the answers of the steps before. */
export interface Doing<I, R> {
  readonly sagaId: string;
  readonly input: I;
  readonly results: R;
}

export interface Undoing<I, R> extends Doing<I, R> {
  /** Why the saga goes back. */
  readonly failure: Failure;
}

/** What code inside a map sees besides. */
export interface Item<T> {
  readonly item: T;
  /** From 0. */
  readonly index: number;
}

export interface CallOptions<O extends Operation, S> {
  input: (saga: S) => InputOf<O>;
  /** Where it differs from the defaults for this kind of step; the timeout's default is the operation's. */
  retry?: Partial<Retry>;
}

export interface Undo<O extends Operation, S> extends CallOptions<O, S> {
  operation: O;
}

/**
 * Where a builder stands, which is what may come next:
 * - `before` the pivot, which may come
 * - `within` a parallel branch or a map: before the pivot, which may not come here
 * - `after` the pivot
 */
export type Stage = "before" | "within" | "after";

export type Fresh<N extends string, R> = N extends keyof R ? never : N;
type With<R, N extends string, T> = R & { readonly [K in N]: T };
type View<I extends z.ZodType, R, X> = Doing<z.output<I>, R> & X;

/** What the next step is chained to. `X`: what code sees besides, inside a map. */
export type Chain<I extends z.ZodType, R, S extends Stage, X> = SagaDefinition<I, R> & Start<I, R, S, X>;

export type Start<I extends z.ZodType, R, S extends Stage, X> = Flow<I, R, S, X> &
  (S extends "after" ? Forwards<I, R, X> : Backwards<I, R, S, X>) &
  (S extends "before" ? Deciding<I, R, X> : unknown);

interface Backwards<I extends z.ZodType, R, S extends Stage, X> {
  /** A step that can be taken back. `undo` sees the step's own answer only if there was one. */
  compensatable<N extends string, O extends Operation, U extends Operation>(
    name: Fresh<N, R>,
    operation: O,
    options: CallOptions<O, View<I, R, X>> & {
      undo: Undo<U, Undoing<z.output<I>, R & { readonly [K in N]?: OutputOf<O> }> & X>;
    },
  ): Chain<I, With<R, N, OutputOf<O>>, S, X>;
}

interface Deciding<I extends z.ZodType, R, X> {
  /** The point of no return: when it has succeeded, the saga only goes forward. */
  pivot<N extends string, O extends Operation>(
    name: Fresh<N, R>,
    operation: O,
    options: CallOptions<O, View<I, R, X>>,
  ): Chain<I, With<R, N, OutputOf<O>>, "after", X>;
}

interface Forwards<I extends z.ZodType, R, X> {
  /** A step that is tried until it succeeds. */
  retriable<N extends string, O extends Operation>(
    name: Fresh<N, R>,
    operation: O,
    options: CallOptions<O, View<I, R, X>>,
  ): Chain<I, With<R, N, OutputOf<O>>, "after", X>;
}

type Inside<S extends Stage> = S extends "after" ? "after" : "within";
type Built<R = object, S extends Stage = Stage> = {
  readonly results?: R;
  readonly stage?: S;
};
type ResultsOf<B> = B extends { readonly results?: infer R } ? NonNullable<R> : never;
type StageOf<B> = B extends { readonly stage?: infer S extends Stage } ? S : never;
type All<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer A) => void ? A : never;
type Added<B, R> = B extends unknown ? Omit<ResultsOf<B>, keyof R> : never;
/** Branches that were perhaps not taken. */
type Perhaps<B, R> = B extends unknown ? Partial<Added<B, R>> : never;

export interface WaitOptions<P extends z.ZodType, T extends "compensate" | "continue"> {
  /** What a signal must carry. */
  signal: P;
  /** ms */
  timeout: number;
  onTimeout: T;
}

export interface Flow<I extends z.ZodType, R, S extends Stage, X> {
  /** Only for types. */
  readonly stage?: S;

  /** Runs all branches at the same time; when one fails, the others begin nothing new and all go back. */
  parallel<B extends Record<string, Built<object, Inside<S>>>>(
    name: string,
    branches: { readonly [K in keyof B]: (branch: Start<I, R, Inside<S>, X>) => B[K] },
  ): Chain<I, R & All<Added<B[keyof B], R>>, S, X>;

  /** Runs the branch that `which` names. The decision is written down: it is made once. Either all branches hold a pivot or none. */
  choice<B extends Record<string, Built>>(
    name: string,
    which: (saga: View<I, R, X>) => keyof B & string,
    branches: { readonly [K in keyof B]: (branch: Start<I, R, S, X>) => B[K] },
  ): Chain<I, R & All<Perhaps<B[keyof B], R>>, StageOf<B[keyof B]>, X>;

  /** Runs the steps once for each item, of which there are at most `max`. The answers are a list. */
  map<N extends string, T, B extends Built<object, Inside<S>>>(
    name: Fresh<N, R>,
    items: (saga: View<I, R, X>) => readonly T[],
    limits: { max: number; concurrency: number },
    steps: (each: Start<I, R, Inside<S>, Item<T>>) => B,
  ): Chain<I, With<R, N, readonly Added<B, R>[]>, S, X>;

  /** Waits until a signal of this name comes, at most `timeout` ms. With `onTimeout: "continue"` its payload may be missing. */
  waitFor<
    N extends string,
    P extends z.ZodType,
    T extends (S extends "after" ? "continue" : "compensate" | "continue"),
  >(
    name: Fresh<N, R>,
    options: WaitOptions<P, T>,
  ): Chain<I, T extends "continue" ? R & { readonly [K in N]?: z.output<P> } : With<R, N, z.output<P>>, S, X>;

  /** Waits `ms`. */
  delay(name: string, ms: number): Chain<I, R, S, X>;

  /** Runs another saga as a part of this one: it is undone with it, and its pivot is this one's. */
  subSaga<N extends string, D extends SagaDefinition & { readonly stage?: Stage }>(
    name: Fresh<N, R>,
    definition: S extends "before" ? D : D & { readonly stage?: S extends "within" ? "before" : never },
    options: { input: (saga: View<I, R, X>) => z.input<D["input"]> },
  ): Chain<I, With<R, N, NonNullable<D["results"]>>, S extends "before" ? StageOf<D> : S, X>;
}
