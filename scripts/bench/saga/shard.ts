import { DurableObject } from "cloudflare:workers";
import { Consistency, newTrace, systemRuntime, type Transport } from "@weft/mesh";
import { SagaIndex } from "@weft/saga";
import { Driver } from "../../../packages/saga/src/driver.ts";
import { participants } from "../../../packages/saga/src/participants.ts";
import type { SagaStore } from "../../../packages/saga/src/store.ts";
import { fourSteps } from "./definition.ts";
import { meterDatabase, meterStorage } from "./meter.ts";

interface Env {
  THINGS: Transport;
  DB: D1Database;
}

/** How many objects share the sagas. */
export const SHARDS = 8;
/** The shard's one alarm is kept ahead by one to two of these, ms. */
const AHEAD = 30_000;
const SCHEMA = `CREATE TABLE IF NOT EXISTS history
  (saga TEXT NOT NULL, seq INTEGER NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (saga, seq)) WITHOUT ROWID`;

/**
 * The other storage unit: many sagas in one object, with the same driver, one table and one alarm. It writes all that
 * an engine of this kind would write, but reads nothing back.
 */
export class SagaShard extends DurableObject<Env> {
  readonly #index: SagaIndex;
  #alarmAt = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#index = new SagaIndex(meterDatabase(env.DB));
    ctx.storage.sql.exec(SCHEMA);
    meterStorage(ctx.storage);
  }

  /** Runs a saga to its end; its state, or as far as it has come after `ms`. */
  async run(id: string, ms: number): Promise<string | undefined> {
    const { ctx, env } = this;
    const waitUntil = (work: Promise<unknown>) => ctx.waitUntil(work);
    const driver = new Driver({
      store: this.#storeOf(id),
      alarm: { get: async () => undefined, set: () => this.#keepAhead(), clear: async () => {} },
      runtime: systemRuntime,
      definition: () => fourSteps,
      publish: (saga) => this.#index.publish(saga),
      call: participants({ service: "bench" }, { env, waitUntil, consistency: new Consistency() }),
    });
    const { plan, hash } = fourSteps;
    const principal = { sub: "usr_1", scopes: [] };
    await driver.start({ id, plan, hash, input: { id }, trace: newTrace(), principal });
    return (await driver.wait(ms))?.state;
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = 0;
  }

  #storeOf(id: string): SagaStore {
    let seq = 0;
    const add = (entry: unknown) => {
      seq += 1;
      this.ctx.storage.sql.exec("INSERT INTO history VALUES (?, ?, ?)", id, seq, JSON.stringify(entry));
    };
    return {
      load: () => undefined,
      begin: (head, started) => add({ head, log: [started] }),
      append: add,
      erase: async () => void this.ctx.storage.sql.exec("DELETE FROM history WHERE saga = ?", id),
    };
  }

  async #keepAhead(): Promise<void> {
    const now = Date.now();
    if (this.#alarmAt >= now + AHEAD) return;
    this.#alarmAt = now + 2 * AHEAD;
    await this.ctx.storage.setAlarm(this.#alarmAt);
  }
}
