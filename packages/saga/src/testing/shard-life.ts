import { newTrace } from "@weft/mesh";
import type { SagaDefinition } from "../definition.ts";
import { findIn } from "../find-definition.ts";
import type { StartRequest } from "../saga-object.ts";
import { Shard } from "../shard/shard.ts";
import type { SqlDatabase } from "../shard/sql-database.ts";
import type { SagaSnapshot } from "../snapshot.ts";
import { trip } from "./definition.ts";
import { SimTime } from "./sim-time.ts";
import { sqlite } from "./sqlite.ts";
import { type Script, World } from "./world.ts";

/** Many sagas in one object on simulated time, with a database and an alarm that outlive its process. */
export class ShardLife {
  readonly time = new SimTime();
  readonly db = sqlite();
  readonly worlds = new Map<string, World>();
  /** What the index knows, by the sagas' ids. */
  readonly index = new Map<string, SagaSnapshot>();
  latency = 5;
  tellAfter = 0;
  /** What the index takes its time for. */
  publishing = async (): Promise<void> => {};
  alarmAt: number | undefined;
  alarmsSet = 0;
  #process = { alive: true };
  /** The platform runs one handler at a time. */
  #ringing: Promise<void> = Promise.resolve();
  readonly #definitions: readonly SagaDefinition[];
  #cancelAlarm: (() => void) | undefined;
  #shard: Shard | undefined;

  constructor(definitions: readonly SagaDefinition[] = [trip]) {
    this.#definitions = definitions;
  }

  /** Of the living process, or of a new one. */
  get shard(): Shard {
    if (!this.#shard) {
      this.#process = { alive: true };
      this.#shard = this.#newShard(this.#process);
    }
    return this.#shard;
  }

  start(id: string, script: Script = () => "ok", definition: SagaDefinition = trip): Promise<string> {
    if (!this.worlds.has(id)) this.worlds.set(id, new World(script));
    return this.shard.start(request(id, definition));
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    await this.time.result(this.time.sleep(ms));
  }

  kill(): void {
    this.#process.alive = false;
    this.#shard = undefined;
    this.#ringing = Promise.resolve();
  }

  /** As the platform does after a handler has failed too often, or when it is told to. */
  loseAlarm(): void {
    this.#cancelAlarm?.();
    this.alarmAt = undefined;
  }

  get live(): string[] {
    return this.db.rows("SELECT saga FROM timers").map(({ saga }) => String(saga));
  }

  /** Lets time pass until no saga is left that has not ended; false if that takes longer than `ms`. */
  async end(ms: number): Promise<boolean> {
    return this.time.until(() => this.live.length === 0, this.time.now() + ms);
  }

  #newShard(process: { readonly alive: boolean }): Shard {
    const { time } = this;
    /** Nothing ever comes back to a dead process. */
    const alive = (): Promise<void> => (process.alive ? Promise.resolve() : new Promise(() => {}));
    return new Shard({
      db: this.#databaseOf(process),
      alarm: {
        get: () => alive().then(() => this.alarmAt),
        set: (at) => alive().then(() => this.#setAlarm(at)),
        clear: () => alive().then(() => this.loseAlarm()),
      },
      runtime: {
        now: time.now,
        random: time.random,
        sleep: (ms, signal) => time.sleep(ms, signal).then(alive),
      },
      definition: findIn(this.#definitions),
      tellAfter: this.tellAfter,
      publish: async (snapshot) => {
        await alive();
        await this.publishing();
        await alive();
        this.index.set(snapshot.id, snapshot);
      },
      calls:
        (consistency) =>
        async (operation, _, { sagaId, step, attempt }) => {
          await alive();
          await time.sleep(this.latency);
          consistency.wrote(sagaId, attempt);
          try {
            return this.worlds.get(sagaId)?.handle({ name: step }, operation.fenced ?? "do", attempt);
          } finally {
            await alive();
          }
        },
    });
  }

  #databaseOf(process: { readonly alive: boolean }): SqlDatabase {
    const { db } = this;
    const exec: SqlDatabase["sql"]["exec"] = (...query) => {
      if (!process.alive) throw new Error("the process is dead");
      return db.sql.exec(...query);
    };
    return { ...db, sql: { exec } };
  }

  #setAlarm(at: number): void {
    this.#cancelAlarm?.();
    this.alarmAt = at;
    this.alarmsSet += 1;
    this.#cancelAlarm = this.time.at(at, () => {
      this.alarmAt = undefined;
      const { shard } = this;
      this.#ringing = this.#ringing.then(() => shard.rang());
    });
  }
}

export function request(id: string, { name, version }: SagaDefinition = trip): StartRequest {
  const input = { to: "Rome" };
  return { id, definition: name, version, input, trace: newTrace(), principal: undefined };
}
