import { DurableObject } from "cloudflare:workers";
import { Consistency, log, type Runtime, systemRuntime } from "@weft/mesh";
import type { SagaDefinition } from "./definition.ts";
import { Driver } from "./driver.ts";
import { type FindDefinition, findIn } from "./find-definition.ts";
import { type ParticipantOptions, participants } from "./participants.ts";
import type { Signed } from "./ports.ts";
import type { Heard, Sender } from "./hear.ts";
import { isFinal } from "./interpreter.ts";
import { refuse } from "./judge.ts";
import type { Order } from "./order.ts";
import { SagaIndex } from "./saga-index.ts";
import {
  answered,
  type Answered,
  type Inspection,
  type OrderRequest,
  type SagaObject,
  type StartRequest,
  type StartResult,
} from "./saga-object.ts";
import type { SagaSnapshot } from "./snapshot.ts";
import { SqlStore } from "./sql-store.ts";

export interface CoordinatorOptions<Env> extends ParticipantOptions<Env> {
  /** Every definition, and every version of it, that may still have live sagas. */
  definitions: readonly SagaDefinition[];
  /** The D1 that holds the saga index; by default the binding `DB`. */
  index?: (env: Env) => D1Database;
  runtime?: Runtime;
}

/** A Durable Object class whose objects each run one saga. Export a subclass of it from the Worker's main module. */
export function coordinator<Env>(options: CoordinatorOptions<Env>) {
  const find = findIn(options.definitions);
  const runtime = options.runtime ?? systemRuntime;

  return class SagaCoordinator extends DurableObject<Env> implements SagaObject {
    readonly #driver: Driver;
    readonly #consistency = new Consistency();

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env);
      const index = new SagaIndex((options.index ?? defaultIndex)(env));
      this.#driver = new Driver({
        store: new SqlStore(ctx.storage),
        alarm: {
          get: async () => (await ctx.storage.getAlarm()) ?? undefined,
          set: (at) => ctx.storage.setAlarm(at),
          clear: () => ctx.storage.deleteAlarm(),
        },
        runtime,
        definition: find,
        publish: (snapshot) => index.publish(snapshot),
        call: participants(options, {
          env,
          waitUntil: (work) => ctx.waitUntil(work),
          consistency: this.#consistency,
        }),
      });
    }

    async start({ definition: name, version, ...rest }: StartRequest): Promise<StartResult> {
      const definition = find(name, version);
      if (!definition) return "undefined-here";
      const started = await this.#driver.start({ ...rest, plan: definition.plan, hash: definition.hash });
      // In a task of its own: the steps would keep the process busy while the starter waits for its answer.
      void runtime.sleep(0).then(() => this.#driver.drive());
      return started;
    }

    async wait(ms: number, step?: string): Promise<SagaSnapshot | undefined> {
      const snapshot = await this.#driver.wait(ms, step);
      return snapshot && { ...snapshot, consistency: this.#consistency.text };
    }

    async get(): Promise<SagaSnapshot | undefined> {
      void this.#driver.drive();
      return this.#driver.snapshot();
    }

    async resume(): Promise<SagaSnapshot | undefined> {
      const before = this.#driver.snapshot();
      const asleep = before && !isFinal(before.state) && !this.#driver.isDriving;
      if (asleep && (await this.ctx.storage.getAlarm()) === null) {
        log("warn", "saga had lost its alarm", { saga: before.id, definition: before.definition });
      }
      void this.#driver.wake();
      return this.#driver.snapshot();
    }

    async inspect(): Promise<Inspection | undefined> {
      const saga = this.#driver.snapshot();
      return saga && { saga, log: this.#driver.log() };
    }

    async order(signed: Signed, request: OrderRequest): Promise<Answered<SagaSnapshot>> {
      return answered(() => {
        this.#driver.order(signed, toOrder(this.#driver.snapshot()?.definition, request, find));
        return this.#driver.snapshot() as SagaSnapshot;
      });
    }

    async signal(id: string, step: string, payload: unknown, by?: Sender): Promise<Answered<Heard>> {
      return answered(() => this.#driver.signal(id, step, payload, by));
    }

    override alarm(): Promise<void> {
      return this.#driver.rang();
    }
  };
}

/** Throws NOT_MIGRATABLE where the version is not deployed. */
function toOrder(name: string | undefined, request: OrderRequest, find: FindDefinition): Order {
  if (request.verb !== "migrate" || name === undefined) return request as Order;
  const definition = find(name, request.version);
  if (!definition) throw refuse("NOT_MIGRATABLE", `Version ${request.version} of ${name} is not deployed.`);
  return { verb: "migrate", plan: definition.plan, hash: definition.hash };
}

function defaultIndex(env: unknown): D1Database {
  return (env as { DB: D1Database }).DB;
}
