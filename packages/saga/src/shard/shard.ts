import { Consistency, describe, log, type Runtime } from "@weft/mesh";
import type { SagaCall } from "../attempt.ts";
import type { AlarmClock } from "../dead-man.ts";
import { Driver } from "../driver.ts";
import type { FindDefinition } from "../find-definition.ts";
import { fold } from "../fold.ts";
import type { Heard, Sender } from "../hear.ts";
import { isFinal } from "../interpreter.ts";
import { refuse } from "../judge.ts";
import type { Order } from "../order.ts";
import { PARKED_INTERVAL } from "../plan.ts";
import type { Signed } from "../ports.ts";
import {
  answered,
  type Answered,
  type Inspection,
  type OrderRequest,
  type SagaObject,
  type StartRequest,
  type StartResult,
} from "../saga-object.ts";
import type { SagaSnapshot } from "../snapshot.ts";
import { LONG_WAIT } from "../standby.ts";
import { within } from "../within.ts";
import { Drivers } from "./drivers.ts";
import { Histories } from "./histories.ts";
import type { SqlDatabase } from "./sql-database.ts";
import { Timers } from "./timers.ts";

/** Most sagas that one ringing of the alarm sets going, and how long it waits for them, ms. */
const AT_ONCE = 100;
const PATIENCE = 1_000;

/** The outside world of the sagas of one object. */
export interface ShardPorts {
  readonly db: SqlDatabase;
  /** The object's own. */
  readonly alarm: AlarmClock;
  readonly runtime: Runtime;
  readonly definition: FindDefinition;
  readonly publish: (snapshot: SagaSnapshot) => Promise<void>;
  /** Age, ms, at which the index hears of a saga that is still at work; 0: before a second attempt is made. */
  readonly tellAfter: number;
  /** How one saga calls its participants; `consistency` collects what its calls have written and seen. */
  readonly calls: (consistency: Consistency) => SagaCall;
}

/** All sagas of one object, be it one or many: one database, one alarm. Knows nothing of Cloudflare. */
export class Shard implements SagaObject {
  readonly #ports: ShardPorts;
  readonly #histories: Histories;
  readonly #timers: Timers;
  readonly #drivers: Drivers;
  readonly #consistency = new WeakMap<Driver, Consistency>();

  constructor(ports: ShardPorts) {
    const { db, alarm, runtime } = ports;
    this.#ports = ports;
    this.#histories = new Histories(db);
    this.#timers = new Timers(db, alarm, runtime.now);
    this.#drivers = new Drivers((id) => this.#newDriver(id), runtime.now);
    const { adopted } = this.#histories;
    if (adopted && !isFinal(fold(adopted.log).state)) this.#timers.put(adopted.head.id, runtime.now());
  }

  async start({ definition: name, version, ...rest }: StartRequest): Promise<StartResult> {
    const { definition: find, runtime } = this.#ports;
    const definition = find(name, version);
    if (!definition) return "undefined-here";
    const driver = this.#drivers.of(rest.id);
    const started = await driver.start({ ...rest, plan: definition.plan, hash: definition.hash });
    // In a task of its own: the steps would keep the process busy while the starter waits for its answer.
    void runtime.sleep(0).then(() => driver.drive());
    return started;
  }

  async wait(id: string, ms: number, step?: string): Promise<SagaSnapshot | undefined> {
    const driver = this.#drivers.of(id);
    const snapshot = await driver.wait(ms, step);
    return snapshot && { ...snapshot, consistency: this.#consistency.get(driver)?.text };
  }

  async get(id: string): Promise<SagaSnapshot | undefined> {
    const driver = this.#drivers.of(id);
    void driver.drive();
    return driver.snapshot();
  }

  async resume(id: string): Promise<SagaSnapshot | undefined> {
    await this.restore();
    const driver = this.#drivers.of(id);
    void driver.wake();
    return driver.snapshot();
  }

  async restore(): Promise<void> {
    if (await this.#timers.restore(this.#histories.expiry))
      log("warn", "the alarm of sagas was lost or late");
  }

  async inspect(id: string): Promise<Inspection | undefined> {
    const driver = this.#drivers.of(id);
    const saga = driver.snapshot();
    return saga && { saga, log: driver.log() };
  }

  async order(id: string, signed: Signed, request: OrderRequest): Promise<Answered<SagaSnapshot>> {
    const driver = this.#drivers.of(id);
    return answered(() => {
      driver.order(signed, toOrder(driver.snapshot()?.definition, request, this.#ports.definition));
      return driver.snapshot() as SagaSnapshot;
    });
  }

  async signal(
    id: string,
    signalId: string,
    step: string,
    payload: unknown,
    by?: Sender,
  ): Promise<Answered<Heard>> {
    return answered(() => this.#drivers.of(id).signal(signalId, step, payload, by));
  }

  /** The alarm rang. Rejects only if there is no new one: after a few failures the platform would drop the alarm for good. */
  async rang(): Promise<void> {
    const { db, runtime } = this.#ports;
    const { now } = runtime;
    // A ringing alarm is used up: set it again before anything else can go wrong.
    await this.#timers.ringAt(now() + LONG_WAIT);
    try {
      const woken = this.#timers.due(AT_ONCE).map((id) => this.#wake(id));
      await within(runtime, PATIENCE, Promise.all(woken));
      this.#histories.expire(now(), this.#timers.table);
      if (this.#histories.expiry !== undefined) return await this.#timers.ringAtNext(this.#histories.expiry);
      // Nothing is left: an empty object is not billed.
      this.#histories.forget();
      await Promise.all([db.deleteAll(), this.#timers.forget()]);
    } catch (error) {
      log("error", "saga alarm failed", { cause: describe(error) });
    }
  }

  async #wake(id: string): Promise<void> {
    try {
      const driver = this.#drivers.of(id);
      if (driver.snapshot()) return await driver.rang();
      // A timer that was written, and no saga with it.
      this.#timers.remove(id);
    } catch (error) {
      // One that cannot be read must not hold up the others.
      log("error", "saga could not be read", { saga: id, cause: describe(error) });
      this.#timers.put(id, this.#ports.runtime.now() + PARKED_INTERVAL);
    }
  }

  #newDriver(id: string): Driver {
    const { calls, ...ports } = this.#ports;
    const consistency = new Consistency();
    const driver = new Driver({
      ...ports,
      store: this.#histories.of(id),
      alarm: this.#timers.of(id),
      call: calls(consistency),
    });
    this.#consistency.set(driver, consistency);
    return driver;
  }
}

/** Throws NOT_MIGRATABLE where the version is not deployed. */
function toOrder(name: string | undefined, request: OrderRequest, find: FindDefinition): Order {
  if (request.verb !== "migrate" || name === undefined) return request as Order;
  const definition = find(name, request.version);
  if (!definition) throw refuse("NOT_MIGRATABLE", `Version ${request.version} of ${name} is not deployed.`);
  return { verb: "migrate", plan: definition.plan, hash: definition.hash };
}
