import { meshError } from "../error.ts";
import { describe, log } from "../log.ts";
import { Balancer } from "../resilience/balancer.ts";
import type { Endpoint, Snapshot } from "./registration.ts";

/** Asks the registry; `version` is the snapshot that is known already. */
export type LoadSnapshot = (input: { service: string; version?: string }) => Promise<Snapshot>;

/** A snapshot is asked for again after this long, ms, by the first call that comes then. */
const FRESH = 5_000;
/** The same where it names nobody, or after a failure: the registry is asked at most so often. */
const RETRY = 1_000;

/**
 * One service's instances, in the memory of an isolate. Calls use what is known while it is asked for again; the
 * registry can be away for as long as it likes.
 */
export class KnownInstances {
  readonly balancer = new Balancer<Endpoint>();
  readonly #service: string;
  #key: string | undefined;
  #version: string | undefined;
  #askAgainAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;

  constructor(service: string) {
    this.#service = service;
  }

  /** Signs calls; undefined until a snapshot has come. */
  get key(): string | undefined {
    return this.#key;
  }

  /** Undefined when there is nothing to wait for: only an isolate's first call waits. */
  ready(
    load: LoadSnapshot,
    now: number,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<void> | undefined {
    const known = this.#key !== undefined;
    if (!this.#loading && now >= this.#askAgainAt) waitUntil(this.#load(load, now));
    if (known) return undefined;
    if (!this.#loading) throw this.#unknown();
    return this.#loading.then(() => {
      if (this.#key === undefined) throw this.#unknown();
    });
  }

  /** Somebody was not found where they should be: time to ask again. */
  doubt(now: number): void {
    this.#askAgainAt = Math.min(this.#askAgainAt, Math.max(now, this.#askedAt + RETRY));
  }

  /** Never rejects. */
  #load(load: LoadSnapshot, now: number): Promise<void> {
    this.#askedAt = now;
    this.#askAgainAt = now + RETRY;
    this.#loading = load({ service: this.#service, version: this.#version })
      .then((snapshot) => this.#take(snapshot, now))
      .catch((error: unknown) => log("warn", "registry", { service: this.#service, cause: describe(error) }))
      .finally(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }

  #take({ version, content }: Snapshot, now: number): void {
    if (content) {
      this.#version = version;
      this.#key = content.key;
      // A process at another address is another instance, whatever it calls itself.
      const endpoints = content.endpoints.map((each) => ({ ...each, id: `${each.id} ${each.url}` }));
      this.balancer.update(endpoints, now);
      for (const { id, healthy } of endpoints) this.balancer.checked(id, healthy);
    }
    if (this.balancer.instances.length > 0) this.#askAgainAt = now + FRESH;
  }

  #unknown() {
    return meshError("NO_INSTANCE", `The registry did not say where ${this.#service} runs.`);
  }
}
