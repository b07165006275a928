import { describe, log } from "@weft/mesh";
import type { DeadMan } from "./dead-man.ts";
import type { Ports } from "./ports.ts";
import type { SagaRecord } from "./saga-record.ts";

/** The index hears of waits that are longer than this, ms; it is also the wait after an error of the coordinator itself. */
export const LONG_WAIT = 30_000;

/** A saga with nothing to do for now: its one alarm is set to what comes next, and the index knows. */
export class Standby {
  readonly #ports: Pick<Ports, "runtime" | "publish" | "tellAfter">;
  readonly #record: SagaRecord;
  readonly #deadMan: DeadMan;
  /** Nothing is left to do before this time, ms since the epoch. */
  #until = 0;
  /** The end may be told to those who wait: the index knows it, or could not be reached. */
  #tellable = false;

  constructor(ports: Ports, record: SagaRecord, deadMan: DeadMan) {
    this.#ports = ports;
    this.#record = record;
    this.#deadMan = deadMan;
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

  /**
   * An alarm at the end of the rest says that the index knows: another process has laid the saga to rest. Something that
   * happens meanwhile has set the alarm for itself.
   */
  async rest(until: number): Promise<void> {
    const { now } = this.#ports.runtime;
    const { length } = this.#record;
    this.#record.dueAt = until;
    let isKnown = (await this.#deadMan.time()) === until;
    if (!isKnown) {
      await this.#deadMan.keepAhead(0);
      isKnown = (until - now() <= LONG_WAIT && this.#record.isIndexed) || (await this.#tryToPublish());
      if (this.#record.length > length) return;
      await this.#deadMan.set(isKnown ? until : now() + LONG_WAIT);
    }
    if (isKnown) this.#until = until;
  }

  /**
   * The index hears of the end before the starter does, so that whoever looks after the answer sees it there. A saga
   * that it has heard of has no alarm any more.
   */
  async end(tell: () => void): Promise<void> {
    const { length } = this.#record;
    this.#record.dueAt = undefined;
    const isKnown = (await this.#deadMan.time()) === undefined;
    if (!isKnown) await this.#deadMan.keepAhead(0);
    const isTold = isKnown || (await this.#tryToPublish());
    if (this.#record.length > length) return;
    this.#tellable = true;
    tell();
    if (!isTold) return this.#deadMan.set(this.#ports.runtime.now() + LONG_WAIT);
    if (!isKnown) await this.#deadMan.clear();
    this.#until = Number.POSITIVE_INFINITY;
  }

  /** The index hears of a saga at work. One that is found without it goes on though it is away. */
  async tell(): Promise<void> {
    if (this.#ports.tellAfter === 0) return this.#publish();
    await this.#tryToPublish();
    this.#record.isIndexed = true;
  }

  async #publish(): Promise<void> {
    const snapshot = this.#record.snapshot();
    if (!snapshot) return;
    await this.#ports.publish(snapshot);
    this.#record.isIndexed = true;
  }

  async #tryToPublish(): Promise<boolean> {
    try {
      await this.#publish();
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
