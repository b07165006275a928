import { newTrace } from "@weft/mesh";
import type { SagaDefinition } from "../definition.ts";
import type { FindDefinition } from "../find-definition.ts";
import type { Inspection } from "../saga-object.ts";
import type { SagaSnapshot } from "../snapshot.ts";
import { Interpretation } from "../workflows/interpretation.ts";
import type { Message } from "../workflows/message.ts";
import type { Steps } from "../workflows/steps.ts";
import { trip } from "./definition.ts";
import { SimTime } from "./sim-time.ts";
import { type Script, World } from "./world.ts";

/** One saga on a Workflow whose step API is simulated: what steps have answered outlives the process, which is replayed. */
export class WorkflowLife {
  readonly time = new SimTime();
  readonly world: World;
  readonly published: SagaSnapshot[] = [];
  /** How long an attempt takes, ms. */
  latency = 5;
  publish = async (snapshot: SagaSnapshot): Promise<void> => void this.published.push(snapshot);
  ended: Inspection | undefined;
  trouble: unknown;
  definition: FindDefinition;
  readonly #definition: SagaDefinition;
  readonly #answers = new Map<string, unknown>();
  readonly #begun = new Map<string, number>();
  readonly #sleeps = new Map<string, number>();
  readonly #events: Message[] = [];
  #waiting: (() => void) | undefined;
  #process = { alive: true };

  constructor(script: Script = () => "ok", definition: SagaDefinition = trip) {
    this.#definition = definition;
    this.definition = (_, version) => (version === definition.version ? definition : undefined);
    this.world = new World(script);
  }

  /** Names of the steps that have answered, in that order. */
  get steps(): string[] {
    return [...this.#answers.keys()];
  }

  start(id = "trip-1", input: unknown = { to: "Rome" }): void {
    const { plan, hash } = this.#definition;
    const startedAt = this.time.now();
    this.#run({ id, plan, hash, input, trace: newTrace(), principal: undefined, startedAt });
  }

  tell(message: Message): void {
    this.#events.push(message);
    this.#waiting?.();
  }

  /** The process dies; another one replays. */
  restart(): void {
    this.#process.alive = false;
    this.#process = { alive: true };
    this.ended = undefined;
    if (this.#head) this.#run(this.#head);
  }

  /** Lets time pass until the saga has ended; false if that takes longer than `ms`. */
  ends(ms = Number.POSITIVE_INFINITY): Promise<boolean> {
    return this.time.until(
      () => this.ended !== undefined || this.trouble !== undefined,
      this.time.now() + ms,
    );
  }

  #head: ConstructorParameters<typeof Interpretation>[0] | undefined;

  #run(head: ConstructorParameters<typeof Interpretation>[0]): void {
    this.#head = head;
    const process = this.#process;
    const { time } = this;
    const saga = new Interpretation(head, {
      step: this.#steps(process),
      runtime: time,
      definition: (name, version) => this.definition(name, version),
      publish: (snapshot) => this.publish(snapshot),
      call: async (operation, _, { step, attempt }) => {
        await time.sleep(this.latency);
        const answer = this.world.handle({ name: step }, operation.fenced ?? "do", attempt);
        return process.alive ? answer : new Promise(() => {});
      },
    });
    saga.run().then(
      (ended) => {
        if (process.alive) this.ended = ended;
      },
      (error: unknown) => {
        this.trouble = error;
      },
    );
  }

  #steps(process: { alive: boolean }): Steps {
    const counts = new Map<string, number>();
    const never = () => new Promise<never>(() => {});
    const keyOf = (name: string) => {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return count === 1 ? name : `${name} (${count})`;
    };
    const once = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const key = keyOf(name);
      if (this.#answers.has(key)) return structuredClone(this.#answers.get(key)) as T;
      const answer = await work();
      if (!process.alive) return never();
      this.#answers.set(key, structuredClone(answer));
      return answer;
    };
    return {
      do: (name, { retries }, work) =>
        once(name, async () => {
          for (;;) {
            const attempt = (this.#begun.get(name) ?? 0) + 1;
            this.#begun.set(name, attempt);
            try {
              return await work({ attempt });
            } catch (error) {
              if (!process.alive) return never();
              if (attempt > retries.limit) throw error;
              await this.time.sleep(retries.delay);
            }
          }
        }),
      sleep: (name, ms) =>
        once(name, async () => {
          const until = this.#sleeps.get(name) ?? this.time.now() + ms;
          this.#sleeps.set(name, until);
          await this.time.sleep(until - this.time.now());
        }),
      waitForEvent: (name) =>
        once(name, async () => {
          while (this.#events.length === 0) {
            const come = Promise.withResolvers<void>();
            this.#waiting = come.resolve;
            await come.promise;
            if (!process.alive) return never();
          }
          return { payload: this.#events.shift() };
        }),
    };
  }
}
