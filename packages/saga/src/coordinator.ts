import { DurableObject } from "cloudflare:workers";
import { type Runtime, systemRuntime } from "@weft/mesh";
import type { SagaDefinition } from "./definition.ts";
import { findIn } from "./find-definition.ts";
import type { Sender } from "./hear.ts";
import { type ParticipantOptions, participants } from "./participants.ts";
import type { Signed } from "./ports.ts";
import { SagaIndex } from "./saga-index.ts";
import type { OrderRequest, SagaObject, StartRequest } from "./saga-object.ts";
import { isShard } from "./shard/places.ts";
import { Shard } from "./shard/shard.ts";

/** Most sagas have ended before the index need hear of them, ms: the sweep asks their object in any case. */
const TELL_AFTER = 2_000;

export interface CoordinatorOptions<Env> extends ParticipantOptions<Env> {
  /** Every definition, and every version of it, that may still have live sagas. */
  definitions: readonly SagaDefinition[];
  /** The D1 that holds the saga index; by default the binding `DB`. */
  index?: (env: Env) => D1Database;
  runtime?: Runtime;
}

/** A Durable Object class whose objects run sagas. Export a subclass of it from the Worker's main module. */
export function coordinator<Env>(options: CoordinatorOptions<Env>) {
  const definition = findIn(options.definitions);
  const runtime = options.runtime ?? systemRuntime;

  return class SagaCoordinator extends DurableObject<Env> implements SagaObject {
    readonly #shard: Shard;

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env);
      const index = new SagaIndex((options.index ?? defaultIndex)(env));
      const waitUntil = (work: Promise<unknown>) => ctx.waitUntil(work);
      this.#shard = new Shard({
        db: ctx.storage,
        alarm: {
          get: async () => (await ctx.storage.getAlarm()) ?? undefined,
          set: (at) => ctx.storage.setAlarm(at),
          clear: () => ctx.storage.deleteAlarm(),
        },
        runtime,
        definition,
        tellAfter: isShard(ctx.id.name) ? TELL_AFTER : 0,
        publish: (snapshot) => index.publish(snapshot),
        calls: (consistency) => participants(options, { env, waitUntil, consistency }),
      });
    }

    start(request: StartRequest) {
      return this.#shard.start(request);
    }

    wait(id: string, ms: number, step?: string) {
      return this.#shard.wait(id, ms, step);
    }

    get(id: string) {
      return this.#shard.get(id);
    }

    resume(id: string) {
      return this.#shard.resume(id);
    }

    restore() {
      return this.#shard.restore();
    }

    inspect(id: string) {
      return this.#shard.inspect(id);
    }

    order(id: string, signed: Signed, order: OrderRequest) {
      return this.#shard.order(id, signed, order);
    }

    signal(id: string, signalId: string, step: string, payload: unknown, by?: Sender) {
      return this.#shard.signal(id, signalId, step, payload, by);
    }

    override alarm(): Promise<void> {
      return this.#shard.rang();
    }
  };
}

function defaultIndex(env: unknown): D1Database {
  return (env as { DB: D1Database }).DB;
}
