import type { Order } from "../src/order.ts";
import type { SimTime } from "../src/testing/sim-time.ts";
import type { Chance } from "./chance.ts";
import type { CoordinatorProcess } from "./coordinator-process.ts";
import type { Versions } from "./definitions.ts";

const verbs = ["retry", "skip", "fail", "cancel", "complete", "compensated", "kill", "migrate"] as const;

/** People at work on one saga, at any time and without thinking much: orders, signals, and looking at it. */
export class Operator {
  readonly #time: SimTime;
  readonly #chance: Chance;
  readonly #process: CoordinatorProcess;
  readonly #versions: Versions;
  #requests = 0;

  constructor(time: SimTime, chance: Chance, process: CoordinatorProcess, versions: Versions) {
    this.#time = time;
    this.#chance = chance;
    this.#process = process;
    this.#versions = versions;
  }

  /** Plans some actions between now and `until`. */
  work(actions: number, until: number): void {
    for (let n = 0; n < actions; n++)
      this.#time.at(this.#chance.int(this.#time.now(), until), () => this.#act());
  }

  #act(): void {
    const chance = this.#chance;
    const action = chance.random();
    if (action < 0.3) this.#process.ask((driver) => void driver.wait(1_000));
    else if (action < 0.5) this.#signal();
    else this.#order(chance.one(verbs));
  }

  #signal(): void {
    const waits = this.#process.ask((driver) => driver.log().filter(({ type }) => type === "waiting")) ?? [];
    const wait = waits.length > 0 ? this.#chance.one(waits) : undefined;
    const step = wait && "step" in wait ? wait.step : `n${this.#chance.int(1, 8)}`;
    const id = `s${this.#chance.int(1, 2)}${step}`;
    this.#process.ask((driver) => driver.signal(id, step, {}));
  }

  #order(verb: (typeof verbs)[number]): void {
    const step = this.#step();
    const { plan, hash } = this.#versions.second;
    const order: Order =
      verb === "skip"
        ? { verb, step, output: { step: "by hand" } }
        : verb === "migrate"
          ? { verb, plan, hash }
          : { verb, step };
    // Some requests come twice.
    const requestId = `r${this.#chance.is(0.2) ? this.#requests : ++this.#requests}`;
    this.#process.ask((driver) => driver.order({ requestId, actor: "sim", reason: "sim" }, order));
  }

  #step(): string {
    const parked = this.#process.ask((driver) => driver.snapshot()?.parked) ?? [];
    const intents = this.#process.ask((driver) => driver.log().filter(({ type }) => type === "intent")) ?? [];
    const last = intents.at(-1);
    const begun = last && "step" in last ? [last.step] : [];
    const known = [...parked, ...begun];
    return known.length > 0 ? this.#chance.one(known) : "n1";
  }
}
