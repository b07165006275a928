import { checked, type InstanceRecord, registered, renewed, toEndpoint } from "./instance-record.ts";
import type { Endpoint, InstanceName, Registration } from "./registration.ts";

/** Between two checks of one instance, ms. Passive ejection, which acts at once, leaves them time. */
export const CHECK_INTERVAL = 5_000;
/** The shortest wait between two ticks, ms. */
const MIN_WAIT = 100;
/** A tick that comes so much too late, ms, shows that the registry was away. */
const LATE = 5_000;
/** As many as one alarm can check: a Worker may send 1,000 requests per invocation. */
export const MAX_INSTANCES = 500;

/** Where the records are kept. */
export interface RegistryStore {
  get(name: InstanceName): InstanceRecord | undefined;
  put(record: InstanceRecord): void;
  remove(name: InstanceName): void;
  /** By service and id; of one service or of all. */
  list(service?: string): InstanceRecord[];
}

/** The instances of all services outside Workers. Who may say what about whom is decided before. */
export class Registry {
  readonly #store: RegistryStore;

  constructor(store: RegistryStore) {
    this.#store = store;
  }

  /** False when the registry is full. */
  register(registration: Registration, now: number): boolean {
    const before = this.#store.get(registration);
    if (!before && this.#store.list().length >= MAX_INSTANCES) return false;
    this.#store.put(registered(before, registration, now));
    return true;
  }

  /** Undefined when the instance is not (or no longer) known, and has to register again. */
  renew(name: InstanceName, now: number): InstanceRecord | undefined {
    const record = this.#store.get(name);
    if (!record) return undefined;
    const next = renewed(record, now);
    this.#store.put(next);
    return next;
  }

  deregister(name: InstanceName): void {
    this.#store.remove(name);
  }

  list(): InstanceRecord[] {
    return this.#store.list();
  }

  endpoints(service: string): Endpoint[] {
    return this.#store.list(service).map(toEndpoint);
  }

  /**
   * Forgets the instances whose time has run out. Not if this tick was due long ago: then it was the registry that
   * was away, nobody could renew, and everyone gets their time once more.
   */
  expire(now: number, dueAt: number): void {
    const wasAway = now - dueAt > LATE;
    for (const record of this.#store.list()) {
      if (record.expiresAt > now) continue;
      if (wasAway) this.#store.put(renewed(record, now));
      else this.#store.remove(record);
    }
  }

  /** The instances that should be checked now. */
  due(now: number): InstanceRecord[] {
    return this.#store.list().filter(({ checkedAt }) => now - checkedAt >= CHECK_INTERVAL);
  }

  /** The result of a check that was begun on `record`; void if the instance has gone or moved meanwhile. */
  checked(record: InstanceRecord, passed: boolean, now: number): void {
    const current = this.#store.get(record);
    if (current?.url === record.url) this.#store.put(checked(current, passed, now));
  }

  /** When there is something to do again, ms; undefined if nobody is registered. */
  nextTick(now: number): number | undefined {
    const records = this.#store.list();
    if (records.length === 0) return undefined;
    const due = records.map(({ checkedAt, expiresAt }) => Math.min(checkedAt + CHECK_INTERVAL, expiresAt));
    return Math.max(now + MIN_WAIT, Math.min(...due));
  }
}
