import { newTrace } from "@weft/mesh";
import type { SagaDefinition } from "../definition.ts";
import { Driver } from "../driver.ts";
import type { Ports } from "../ports.ts";
import type { SagaSnapshot } from "../snapshot.ts";
import { trip } from "./definition.ts";
import { LONG_WAIT } from "../standby.ts";
import { MemoryStore } from "./memory-store.ts";
import { SimTime } from "./sim-time.ts";
import { type Script, World } from "./world.ts";

/** One saga on simulated time, with a store and an alarm that outlive its process. */
export class Life {
  readonly time = new SimTime();
  readonly store = new MemoryStore();
  readonly world: World;
  readonly published: SagaSnapshot[] = [];
  /** How long an attempt takes, ms. */
  latency = 5;
  /** The most attempts that were under way at one time. */
  atOnce = 0;
  /** Of its timer, which rings until it is set anew. */
  alarmAt: number | undefined;
  alarmsSet = 0;
  tellAfter = 0;
  publishFails = false;
  /** What the index takes its time for. */
  publishing = async (): Promise<void> => {};
  definition: Ports["definition"];
  readonly #starts: SagaDefinition;
  driver: Driver;
  #process = { alive: true };
  #underWay = 0;
  #cancelAlarm: (() => void) | undefined;

  constructor(script: Script = () => "ok", definition: SagaDefinition = trip) {
    this.#starts = definition;
    this.definition = (_, version) => (version === definition.version ? definition : undefined);
    this.world = new World(script);
    this.driver = this.#newDriver();
  }

  start(id = "trip-1", input: unknown = { to: "Rome" }) {
    const { plan, hash } = this.#starts;
    const started = this.driver.start({ id, plan, hash, input, trace: newTrace(), principal: undefined });
    void this.driver.drive();
    return started;
  }

  /** The process is gone as from now. What is stored stays, and so does what participants have in hand. */
  kill(): void {
    this.#process.alive = false;
    this.#underWay = 0;
  }

  /** A new process: for a ringing alarm, or because somebody asks for the saga. */
  restart(): void {
    this.kill();
    this.#process = { alive: true };
    this.driver = this.#newDriver();
  }

  /** As the platform does after a handler has failed too often: the timer stands, and nothing rings. */
  loseAlarm(): void {
    this.#cancelAlarm?.();
  }

  /** Lets time pass until the saga has ended and nothing is left to do; false if that takes longer than `ms`. */
  ends(ms = Number.POSITIVE_INFINITY): Promise<boolean> {
    const over = () => {
      const { end } = this.store;
      return end !== undefined && this.published.at(-1)?.state === end && !this.driver.isDriving;
    };
    return this.time.until(over, this.time.now() + ms);
  }

  #newDriver(): Driver {
    const { time } = this;
    const process = this.#process;
    /** Nothing ever comes back to a dead process. */
    const alive = (): Promise<void> => (process.alive ? Promise.resolve() : new Promise(() => {}));
    return new Driver({
      store: this.store,
      runtime: {
        now: time.now,
        random: time.random,
        sleep: (ms, signal) => time.sleep(ms, signal).then(alive),
      },
      alarm: {
        get: () => alive().then(() => this.alarmAt),
        set: (at) => alive().then(() => this.#setAlarm(at)),
        clear: () => alive().then(() => this.#setAlarm(undefined)),
      },
      definition: (name, version) => this.definition(name, version),
      tellAfter: this.tellAfter,
      publish: async (snapshot) => {
        await alive();
        await this.publishing();
        if (this.publishFails) throw new Error("the index is away");
        this.published.push(snapshot);
      },
      call: async (operation, _, { step, attempt }) => {
        await alive();
        this.#underWay += 1;
        this.atOnce = Math.max(this.atOnce, this.#underWay);
        try {
          await time.sleep(this.latency);
          return this.world.handle({ name: step }, operation.fenced ?? "do", attempt);
        } finally {
          await alive();
          this.#underWay -= 1;
        }
      },
    });
  }

  #setAlarm(at: number | undefined): void {
    this.alarmAt = at;
    if (at !== undefined) this.alarmsSet += 1;
    this.#ringAt(at);
  }

  #ringAt(at: number | undefined): void {
    this.#cancelAlarm?.();
    if (at === undefined) return;
    this.#cancelAlarm = this.time.at(at, () => {
      this.#ringAt(this.time.now() + LONG_WAIT);
      if (!this.#process.alive) this.restart();
      void this.driver.rang();
    });
  }
}
