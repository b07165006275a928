import {
  type Context,
  describe,
  log,
  meshError,
  type Plugin,
  type Runtime,
  fieldErrors,
  systemRuntime,
} from "@weft/mesh";
import type * as z from "zod";
import type { SagaDefinition } from "./definition.ts";
import type { Heard, Sender } from "./hear.ts";
import type { Signed } from "./ports.ts";
import { type IndexRow, type Need, type SagaFilter, SagaIndex } from "./saga-index.ts";
import { type Inspection, type OrderRequest, type SagaObject, unwrap } from "./saga-object.ts";
import type { SagaSnapshot } from "./snapshot.ts";
import { checkSpread, objectsIn, type Places } from "./shard/places.ts";
import { sweep } from "./sweep.ts";

/** Starts, joins and watches sagas for a handler. */
export interface Sagas {
  /** Begins the saga, or joins the one of this id. Throws VALIDATION_FAILED, or CONFLICT if it has another input. */
  start<D extends SagaDefinition>(definition: D, id: string, input: z.input<D["input"]>): Promise<void>;
  /** The saga when it is settled, when `step` was done, or as it stands after `ms`; undefined if it was never started. */
  wait<D extends SagaDefinition>(
    definition: D,
    id: string,
    ms: number,
    step?: keyof NonNullable<D["results"]> & string,
  ): Promise<SagaSnapshot<D> | undefined>;
  get<D extends SagaDefinition>(definition: D, id: string): Promise<SagaSnapshot<D> | undefined>;
  /**
   * Brings a wait of this saga what it waits for; `step`: the wait's key. The same id counts once, and the wait need
   * not have begun. `by`: an operator who does so in the service's place. Throws SAGA_UNKNOWN, STEP_UNKNOWN,
   * VALIDATION_FAILED, SAGA_ENDED, TOO_MANY_SIGNALS, or REQUEST_ID_REUSED if the id came with something else before.
   */
  signal(id: string, step: string, signalId: string, payload: unknown, by?: Sender): Promise<Heard>;
  /** Sagas of this service by state. */
  count(): Promise<Record<string, number>>;
  /** Newest first. `olderThan`: s. */
  list(filter: Listing): Promise<{ items: IndexRow[]; nextCursor: string | null }>;
  inspect(id: string): Promise<Inspection | undefined>;
  /** Carries out an operator's order, once per request id; see `judge` for what it throws. */
  order(id: string, signed: Signed, order: OrderRequest): Promise<SagaSnapshot>;
  /** Definitions that live sagas still need. */
  needs(): Promise<Need[]>;
}

export type Listing = Omit<SagaFilter, "startedBefore"> & { readonly olderThan?: number | undefined };

export interface SagasOptions extends Partial<Places> {
  /** Name of the Durable Object binding of the coordinator. */
  object: string;
  /** Name of the D1 binding that holds the saga index. */
  index?: string;
  runtime?: Runtime;
}

/** Over this many objects sagas are spread unless the service says otherwise. */
export const SHARDS = 8;

/** Gives handlers `sagas`, and lets the service's cron wake sagas that have overslept. */
export function sagas({
  object,
  shards = SHARDS,
  formerly,
  index = "DB",
  runtime = systemRuntime,
}: SagasOptions): Plugin<{ sagas: Sagas }> {
  for (const spread of [shards, ...(formerly ?? [])]) checkSpread(spread);
  const indexOf = (env: unknown) => new SagaIndex((env as Record<string, D1Database>)[index] as D1Database);
  const objectsOf = (env: unknown) => {
    const namespace = (env as Record<string, DurableObjectNamespace>)[object] as DurableObjectNamespace;
    return objectsIn(namespace, { shards, ...(formerly && { formerly }) });
  };
  return {
    resources: ({ env, context }) => ({ sagas: sagasOf(objectsOf(env).of, indexOf(env), context, runtime) }),
    checks: ({ env }) => ({ sagas: () => indexOf(env).check() }),
    async scheduled(_, work) {
      const { env } = work.open().scope;
      await sweep(indexOf(env), objectsOf(env), runtime.now());
    },
  };
}

export function sagasOf(
  objectOf: (id: string) => SagaObject,
  index: SagaIndex,
  context: Context,
  { now }: Runtime,
): Sagas {
  return {
    async start(definition, id, input) {
      const { name, version } = definition;
      const parsed = parseInput(definition, input);
      const result = await reach(id, () =>
        objectOf(id).start({
          id,
          definition: name,
          version,
          input: parsed,
          trace: context.trace,
          principal: context.principal,
          hops: context.hops,
          region: context.region,
        }),
      );
      if (result === "conflict") throw meshError("CONFLICT", `Saga ${id} was started with another input.`);
      if (result === "undefined-here") throw meshError("UNAVAILABLE", "Another version is being deployed.");
    },
    async wait<D extends SagaDefinition>(_: D, id: string, ms: number, step?: string) {
      const until = now() + ms;
      const snapshot = await reach(id, () => objectOf(id).wait(id, Math.max(0, until - now()), step));
      context.consistency?.merge(snapshot?.consistency);
      return snapshot as SagaSnapshot<D> | undefined;
    },
    async get<D extends SagaDefinition>(_: D, id: string) {
      return (await reach(id, () => objectOf(id).get(id))) as SagaSnapshot<D> | undefined;
    },
    async signal(id, step, signalId, payload, by) {
      return unwrap(await reach(id, () => objectOf(id).signal(id, signalId, step, payload, by)));
    },
    ...indexed(index, now),
    inspect: (id) => reach(id, () => objectOf(id).inspect(id)),
    async order(id, signed, order) {
      const saga = unwrap(await reach(id, () => objectOf(id).order(id, signed, order)));
      await index.publish(saga);
      return saga;
    },
  };
}

/** What the index alone can tell. */
export function indexed(index: SagaIndex, now: () => number): Pick<Sagas, "count" | "list" | "needs"> {
  return {
    count: () => index.countByState(),
    list({ olderThan, ...filter }) {
      const startedBefore = olderThan === undefined ? undefined : now() - olderThan * 1_000;
      return index.list({ ...filter, startedBefore });
    },
    needs: () => index.needs(),
  };
}

/** Input as the definition's schema gives it out. Throws VALIDATION_FAILED. */
export function parseInput(definition: SagaDefinition, input: unknown): unknown {
  const parsed = definition.input.safeParse(input);
  if (parsed.success) return parsed.data;
  throw meshError("VALIDATION_FAILED", `Saga "${definition.name}" got input that it does not allow`, {
    errors: fieldErrors(parsed.error),
  });
}

/** An object that moves or restarts breaks the calls that it has at hand. All of its calls may be repeated. */
async function reach<T>(id: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    log("warn", "saga object did not answer; asked again", { saga: id, cause: describe(error) });
  }
  try {
    return await call();
  } catch (cause) {
    throw meshError("UNAVAILABLE", undefined, { cause });
  }
}
