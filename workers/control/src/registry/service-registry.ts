import { DurableObject } from "cloudflare:workers";
import { describe, log } from "@weft/mesh";
import { type Endpoint, type InstanceName, type InstanceRecord, Registry } from "@weft/mesh/registry";
import type { Registration } from "@weft/mesh/registry";
import { checkHealth } from "./check-health.ts";
import { sqlStore } from "./sql-store.ts";

/** When the alarm is due: not known any more once it rings. */
const DUE_AT = "dueAt";
/** The alarm rings again after this, ms, should it not get to its end. */
const SAFETY = 10_000;

/**
 * All services outside Workers, in one object: 1,000 instances renew 100 times a second, and callers' isolates ask for
 * a snapshot every 5 s while they have traffic.
 */
export class ServiceRegistry extends DurableObject {
  readonly #registry = new Registry(sqlStore(this.ctx.storage.sql));

  /** False when the registry is full. */
  async register(registration: Registration): Promise<boolean> {
    const taken = this.#registry.register(registration, Date.now());
    await this.#wakeUp();
    return taken;
  }

  /** The instance's time to live in s; undefined if it is not registered. */
  async renew(name: InstanceName): Promise<number | undefined> {
    const record = this.#registry.renew(name, Date.now());
    await this.#wakeUp();
    return record?.ttl;
  }

  async deregister(name: InstanceName): Promise<void> {
    this.#registry.deregister(name);
  }

  async list(): Promise<InstanceRecord[]> {
    return this.#registry.list();
  }

  async endpoints(service: string): Promise<Endpoint[]> {
    // An alarm can get lost; whoever asks sets it again.
    await this.#wakeUp();
    return this.#registry.endpoints(service);
  }

  override async alarm(): Promise<void> {
    try {
      const now = Date.now();
      const dueAt = this.ctx.storage.kv.get<number>(DUE_AT) ?? now;
      await this.#wakeUpAt(now + SAFETY);
      this.#registry.expire(now, dueAt);
      await checkHealth(this.#registry.due(now), (record, passed) =>
        this.#registry.checked(record, passed, Date.now()),
      );
      const next = this.#registry.nextTick(Date.now());
      await (next === undefined ? this.ctx.storage.deleteAlarm() : this.#wakeUpAt(next));
    } catch (error) {
      log("error", "registry alarm", { cause: describe(error) });
    }
  }

  /** Sets the alarm if something is to be done earlier than it would ring. */
  async #wakeUp(): Promise<void> {
    const now = Date.now();
    const next = this.#registry.nextTick(now);
    if (next === undefined) return;
    const set = await this.ctx.storage.getAlarm();
    if (set === null || next < set) await this.#wakeUpAt(next);
  }

  async #wakeUpAt(time: number): Promise<void> {
    this.ctx.storage.kv.put(DUE_AT, time);
    await this.ctx.storage.setAlarm(time);
  }
}
