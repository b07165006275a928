import { newTrace } from "@weft/mesh";
import { Driver } from "../src/driver.ts";
import type { SagaSnapshot } from "../src/snapshot.ts";
import { LONG_WAIT } from "../src/standby.ts";
import { endOf } from "../src/testing/memory-store.ts";
import { OVERDUE } from "../src/sweep.ts";
import type { SimTime } from "../src/testing/sim-time.ts";
import type { Chance } from "./chance.ts";
import type { Versions } from "./definitions.ts";
import type { Disk } from "./disk.ts";
import type { Network } from "./network.ts";

export interface Trouble {
  /** Probabilities: that the process dies at one commit or send, that an alarm vanishes, that the index is away. */
  crash: number;
  alarmLoss: number;
  indexAway: number;
  /** The definition's code is not deployed. */
  undeployed: boolean;
  /** The commits and sends, counted from 1 with two to each (before, after), at which the process dies. */
  crashAt: readonly number[];
}

/** The end of a process: nothing that it had begun goes on. */
export class Crash extends Error {}

/** One saga's Durable Object as it lives and dies: its disk, alarm and index row outlive its processes. */
export class CoordinatorProcess {
  readonly #time: SimTime;
  readonly #chance: Chance;
  readonly #disk: Disk;
  readonly #network: Network;
  readonly #versions: Versions;
  /** Whether it shares an object with others, which the sweep asks in any case. */
  readonly #isShared: boolean;
  readonly trouble: Trouble = { crash: 0, alarmLoss: 0, indexAway: 0, undeployed: false, crashAt: [] };
  driver: Driver | undefined;
  /** What the index knows. */
  row: SagaSnapshot | undefined;
  /** Commits and sends so far at which a process could have died. */
  moments = 0;
  /** It has made a second attempt while the index did not know it. */
  unlisted = false;
  #life = { alive: false };
  #unanswered: ((driver: Driver) => unknown)[] = [];
  #cancelAlarm: (() => void) | undefined;
  /** Of the saga's timer, which rings until it is set anew. */
  #alarmAt: number | undefined;
  /** The platform has lost the alarm. */
  #isSilent = false;

  constructor(
    time: SimTime,
    chance: Chance,
    disk: Disk,
    network: Network,
    versions: Versions,
    isShared = false,
  ) {
    this.#isShared = isShared;
    this.#time = time;
    this.#chance = chance;
    this.#disk = disk;
    this.#network = network;
    this.#versions = versions;
    disk.onCommit = (write) => {
      this.#mayDie();
      write();
      this.unlisted ||= !isShared && !this.row && disk.log.filter(({ type }) => type === "intent").length > 1;
      this.#mayDie();
    };
  }

  start(id: string, input: object = {}): void {
    const { plan, hash } = this.#versions.first;
    const draft = { id, plan, hash, input, trace: TRACE, principal: undefined };
    const driver = this.#alive();
    void driver.start(draft).then(() => driver.drive(), isCrash);
  }

  /** Somebody's request, which may find the object asleep. Undefined where it dies, or where the order is refused. */
  ask<T>(request: (driver: Driver) => T): T | undefined {
    try {
      return request(this.#alive());
    } catch (error) {
      // Refused: the caller's problem. Dead: the caller asks again some day.
      if (error instanceof Crash) this.#unanswered.push(request);
      return undefined;
    }
  }

  /** Whoever got no answer asks again. */
  askAgain(): void {
    for (const request of this.#unanswered.splice(0)) this.ask(request);
  }

  /** The process is gone. */
  kill(): void {
    this.#life.alive = false;
    this.driver = undefined;
  }

  /** The cron run, as in sweep.ts. */
  sweep(): void {
    const due = this.row?.dueAt;
    const isOverdue = due !== undefined && due < this.#time.now() - OVERDUE;
    // The object's one alarm is set again for all of its sagas.
    if (this.#isSilent && (isOverdue || this.#isShared)) this.#ringAt(this.#alarmAt);
    if (!isOverdue) return;
    this.ask((driver) => void driver.wake());
    const snapshot = this.ask((driver) => driver.snapshot());
    if (snapshot) this.#publish(snapshot);
  }

  /** At its end, and the index knows. */
  get ended(): boolean {
    const end = endOf(this.#disk.log);
    return end !== undefined && this.row?.state === end;
  }

  #alive(): Driver {
    if (this.driver && this.#life.alive) return this.driver;
    this.#life = { alive: true };
    this.driver = this.#newDriver(this.#life);
    return this.driver;
  }

  #mayDie(): void {
    if (!this.#isFatal()) return;
    this.kill();
    throw new Crash();
  }

  #isFatal(): boolean {
    this.moments += 1;
    return this.trouble.crashAt.includes(this.moments) || this.#chance.is(this.trouble.crash);
  }

  #newDriver(life: { alive: boolean }): Driver {
    const time = this.#time;
    /** Nothing ever comes back to a dead process. */
    const alive = <T>(value: T): T | Promise<T> => (life.alive ? value : new Promise<T>(() => {}));
    return new Driver({
      store: this.#disk.openFor(life),
      tellAfter: this.#isShared ? 2_000 : 0,
      runtime: {
        now: time.now,
        random: this.#chance.random,
        sleep: (ms, signal) => time.sleep(ms, signal).then(alive),
      },
      alarm: {
        get: async () => alive(this.#alarmAt),
        set: async (at) => {
          // At once, if at all: it is one commit with what is written next.
          if (!life.alive) await alive(undefined);
          this.#setAlarm(at);
        },
        clear: async () => {
          await alive(undefined);
          this.#setAlarm(undefined);
        },
      },
      definition: (_, version) => {
        if (this.trouble.undeployed) return undefined;
        return version === 1 ? this.#versions.first : this.#versions.second;
      },
      publish: async (snapshot) => {
        await alive(undefined);
        if (this.#chance.is(this.trouble.indexAway)) throw new Error("the index is away");
        this.#publish(snapshot);
      },
      call: async (operation, input, saga) => {
        await alive(undefined);
        if (this.#dies(life)) return new Promise(() => {});
        const answer = this.#network.call({ saga, operation, input });
        // What comes back to a dead process is heard by nobody.
        answer.catch(() => "heard below, if at all");
        if (this.#dies(life)) return new Promise(() => {});
        return answer.then(alive, async (error: unknown) => {
          await alive(undefined);
          throw error;
        });
      },
    });
  }

  #dies(life: { alive: boolean }): boolean {
    if (life.alive && this.#isFatal()) this.kill();
    return !life.alive;
  }

  #publish(snapshot: SagaSnapshot): void {
    if (!this.row || this.row.updatedAt <= snapshot.updatedAt) this.row = snapshot;
  }

  #setAlarm(at: number | undefined): void {
    this.#alarmAt = at;
    this.#ringAt(at);
  }

  #ringAt(at: number | undefined): void {
    this.#cancelAlarm?.();
    this.#isSilent = false;
    if (at === undefined) return;
    this.#cancelAlarm = this.#time.at(at, () => {
      this.#isSilent = this.#chance.is(this.trouble.alarmLoss);
      if (this.#isSilent) return;
      // As in timers.ts: set again before anything else.
      this.#ringAt(this.#time.now() + LONG_WAIT);
      this.ask((driver) => void driver.rang());
    });
  }
}

const TRACE = newTrace();

function isCrash(error: unknown): void {
  if (!(error instanceof Crash)) throw error;
}
