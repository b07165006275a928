import { describe, log, type Runtime } from "@weft/mesh";
import type { DeadMan } from "./dead-man.ts";
import { isFinal } from "./interpreter.ts";
import { RETENTION } from "./retention.ts";
import type { SagaRecord } from "./saga-record.ts";
import type { SagaSnapshot } from "./snapshot.ts";

interface Ports {
  readonly runtime: Runtime;
  /** Tells the index where the saga stands and when it goes on. */
  publish(snapshot: SagaSnapshot): Promise<void>;
}

/** The index hears of waits that are longer than this, ms; it is also the wait after an error of the coordinator itself. */
export const LONG_WAIT = 30_000;

/** A saga with nothing to do for now: its one alarm is set to what comes next, and the index knows. */
export class Standby {
  readonly #ports: Ports;
  readonly #record: SagaRecord;
  readonly #deadMan: DeadMan;
  /** Nothing is left to do before this time, ms since the epoch. */
  #until = 0;
  /** The end may be told to those who wait: the index knows it, or could not be reached. */
  #tellable: boolean;

  constructor(ports: Ports, record: SagaRecord, deadMan: DeadMan) {
    this.#ports = ports;
    this.#record = record;
    this.#deadMan = deadMan;
    const { progress, indexed, updatedAt } = record;
    this.#tellable = indexed === progress.state;
    if (this.#tellable && isFinal(progress.state)) this.#until = updatedAt + RETENTION;
  }

  get isResting(): boolean {
    return this.#ports.runtime.now() < this.#until;
  }

  get tellable(): boolean {
    return this.#tellable;
  }

  /** The alarm may be gone, or somebody has changed something. */
  stir(): void {
    this.#until = 0;
  }

  async rest(until: number): Promise<void> {
    this.#record.dueAt = until;
    await this.#deadMan.set(until);
    const known = until - this.#ports.runtime.now() <= LONG_WAIT || (await this.#tryToPublish());
    if (known) this.#until = until;
  }

  /** The index hears of the end before the starter does, so that whoever looks after the answer sees it there. */
  async end(tell: () => void): Promise<void> {
    const { progress, indexed, updatedAt } = this.#record;
    const { now } = this.#ports.runtime;
    if (now() >= updatedAt + RETENTION) {
      await this.#record.erase();
      return this.#deadMan.clear();
    }
    this.#record.dueAt = undefined;
    if (indexed !== progress.state) {
      await this.#deadMan.keepAhead(0);
      await this.#tryToPublish();
    }
    this.#tellable = true;
    tell();
    if (this.#record.indexed !== progress.state) return this.#deadMan.set(now() + LONG_WAIT);
    await this.#deadMan.set(updatedAt + RETENTION);
    this.#until = updatedAt + RETENTION;
  }

  async publish(): Promise<void> {
    const snapshot = this.#record.snapshot();
    if (!snapshot) return;
    await this.#ports.publish(snapshot);
    this.#record.markIndexed(snapshot.state);
  }

  async #tryToPublish(): Promise<boolean> {
    try {
      await this.publish();
      return true;
    } catch (error) {
      const { head } = this.#record;
      log("error", "saga index could not be told", {
        saga: head?.id,
        definition: head?.plan.name,
        cause: describe(error),
      });
      return false;
    }
  }
}
