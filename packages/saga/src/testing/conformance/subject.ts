import { isMeshError } from "@weft/mesh";
import type { OrderRequest } from "../../saga-object.ts";
import type { Sagas } from "../../sagas.ts";
import type { World } from "../world.ts";
import { journey } from "./journey.ts";

/** One saga on some backend, and the world that it acts on. */
export interface Subject {
  readonly id: string;
  readonly sagas: Sagas;
  readonly world: World;
  /** Lets time pass until `done` holds, though not much longer than a saga that does not park a step can take. */
  until(done: () => Promise<boolean>): Promise<void>;
}

/** What the suite can do with a saga. Each tells what the caller gets to hear: `ok` or the error's code. */
export class Actor {
  readonly heard: string[] = [];
  readonly #subject: Subject;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  start(to = "Rome"): Promise<void> {
    return this.#hear(() => this.#subject.sagas.start(journey, this.#subject.id, { to }));
  }

  approve(id = "yes", payload: unknown = { by: "ann" }): Promise<void> {
    return this.#hear(() => this.#subject.sagas.signal(this.#subject.id, "approved", id, payload));
  }

  /** Whether it is still heard is a matter of time: the saga may be on its way back already. */
  async approveIfHeard(): Promise<void> {
    await this.approve();
    this.heard.pop();
  }

  order(order: OrderRequest): Promise<void> {
    const signed = { requestId: JSON.stringify(order), actor: "ops", reason: "because" };
    return this.#hear(() => this.#subject.sagas.order(this.#subject.id, signed, order));
  }

  /** Until an attempt such as `do b 1` has arrived. */
  attempted(attempt: string): Promise<void> {
    const { world } = this.#subject;
    return this.#subject.until(async () => world.attempts.includes(attempt));
  }

  async #hear(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      this.heard.push("ok");
    } catch (error) {
      if (!isMeshError(error)) throw error;
      this.heard.push(error.code);
    }
  }
}

/** All that a scenario leaves to be seen. */
export interface Observed {
  readonly heard: readonly string[];
  readonly state: string | undefined;
  readonly failure: string | undefined;
  readonly undone: readonly string[];
  readonly parked: readonly string[];
  readonly standing: readonly string[];
  readonly attempts: readonly string[];
  /** Types of the log's events, once the saga has ended. */
  readonly log: readonly string[];
}

export async function observe(subject: Subject, play: (actor: Actor) => Promise<void>): Promise<Observed> {
  const actor = new Actor(subject);
  await play(actor);
  const { sagas, id, world } = subject;
  const get = () => sagas.get(journey, id);
  await subject.until(async () => {
    const saga = await get();
    return saga === undefined || saga.dueAt === undefined;
  });
  const saga = await get();
  const found = await sagas.inspect(id);
  return {
    heard: actor.heard,
    state: saga?.state,
    failure: saga?.failure && `${saga.failure.step} ${saga.failure.code}`,
    undone: saga?.undone ?? [],
    parked: saga?.parked ?? [],
    standing: world.standing,
    attempts: world.attempts,
    log: saga?.dueAt === undefined ? (found?.log.map(({ type }) => type) ?? []) : [],
  };
}
