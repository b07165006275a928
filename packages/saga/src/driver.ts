import { canonicalJson, describe, log, type Runtime } from "@weft/mesh";
import { type Attempt, attemptStep, type SagaCall } from "./attempt.ts";
import { type AlarmClock, DeadMan } from "./dead-man.ts";
import type { SagaDefinition } from "./definition.ts";
import type { SagaEvent, SagaState } from "./event.ts";
import { apply, BEGINNING, fold, type Progress, triesOf } from "./fold.ts";
import { isFinal, isSettled, next } from "./interpreter.ts";
import { PARKED_INTERVAL } from "./plan.ts";
import { type SagaSnapshot, snapshotOf } from "./snapshot.ts";
import type { Head, SagaStore } from "./store.ts";
import { Waiters } from "./waiters.ts";

/** The outside world of one saga. */
export interface Ports {
  readonly store: SagaStore;
  readonly alarm: AlarmClock;
  readonly runtime: Runtime;
  readonly call: SagaCall;
  /** Finds the definition's code; undefined when this deployment does not have it. */
  definition(name: string, version: number): SagaDefinition | undefined;
  /** Tells the index where the saga stands and when it goes on. */
  publish(snapshot: SagaSnapshot): Promise<void>;
}

/** A wait up to this long, ms, is slept through; a longer one is left to the alarm, so that the object can be evicted. */
const SHORT_WAIT = 5_000;
/** The index hears of waits that are longer than this, ms; it is also the wait after an error of the coordinator itself. */
const LONG_WAIT = 30_000;

/** Runs one saga: asks the interpreter, does what it says, writes down what happened. Knows nothing of Cloudflare. */
export class Driver {
  readonly #ports: Ports;
  readonly #deadMan: DeadMan;
  readonly #waiters: Waiters;
  #head: Head | undefined;
  #progress: Progress = BEGINNING;
  #updatedAt = 0;
  #dueAt: number | undefined;
  /** The state that the index knows. */
  #indexed: SagaState | undefined;
  /** The end may be told to those who wait: the index knows it, or could not be reached. */
  #tellable = false;
  #driving: Promise<void> | undefined;
  /** Nothing is left to do before this time: the alarm is set, the index knows. ms since the epoch. */
  #restsUntil = 0;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#deadMan = new DeadMan(ports.alarm, ports.runtime.now);
    this.#waiters = new Waiters(ports.runtime.sleep);
    const stored = ports.store.load();
    if (!stored) return;
    this.#head = stored.head;
    this.#progress = fold(stored.log);
    this.#updatedAt = stored.log.at(-1)?.at ?? stored.head.startedAt;
    this.#dueAt = isFinal(this.#progress.state) ? undefined : this.#updatedAt;
    this.#indexed = stored.indexed;
    this.#tellable = stored.indexed === this.#progress.state;
  }

  /** A saga is here, has something left to do, and does it just now. */
  get isDriving(): boolean {
    return this.#driving !== undefined;
  }

  /** Begins the saga, or joins it: the same id with the same input is the same saga, with another input a conflict. */
  async start(draft: Omit<Head, "startedAt">): Promise<"begun" | "joined" | "conflict"> {
    if (!this.#head)
      await this.#deadMan.keepAhead(Math.max(...draft.plan.steps.map((step) => step.do.retry.timeout)));
    const existing = this.#head;
    if (existing) {
      void this.drive();
      const same =
        existing.plan.name === draft.plan.name &&
        canonicalJson(existing.input) === canonicalJson(draft.input);
      return same ? "joined" : "conflict";
    }
    const at = this.#ports.runtime.now();
    const head = { ...draft, startedAt: at };
    this.#ports.store.begin(head, { type: "started", at });
    this.#head = head;
    this.#updatedAt = this.#dueAt = at;
    void this.drive();
    return "begun";
  }

  snapshot(): SagaSnapshot | undefined {
    return this.#head && snapshotOf(this.#head, this.#progress, this.#updatedAt, this.#dueAt);
  }

  /** The saga when it is settled, when `step` was done, or as it stands after `ms`. */
  async wait(ms: number, step?: string): Promise<SagaSnapshot | undefined> {
    void this.drive();
    await this.#waiters.wait(() => this.#isOver(step), ms);
    return this.snapshot();
  }

  /** The alarm rang. Never rejects: after a few failures the platform would drop the alarm for good. */
  async rang(): Promise<void> {
    try {
      if (!this.#head) return;
      // A ringing alarm is used up: set it again before anything else can go wrong.
      await this.#deadMan.keepAhead(0);
      await this.wake();
    } catch (error) {
      this.#log("error", "saga alarm failed", { cause: describe(error) });
    }
  }

  /** Drives even a saga that rests: its alarm may be gone. */
  wake(): Promise<void> {
    this.#restsUntil = 0;
    return this.drive();
  }

  /** Goes on until the saga has ended or must wait for long. One run at a time; never rejects. */
  drive(): Promise<void> {
    // However often somebody looks at a saga that rests, it costs no writes.
    if (this.#ports.runtime.now() < this.#restsUntil) return Promise.resolve();
    this.#driving ??= this.#run()
      .catch(async (error: unknown) => {
        this.#log("error", "saga stopped until its alarm", { cause: describe(error) });
        await this.#deadMan.set(this.#ports.runtime.now() + LONG_WAIT);
      })
      .catch((error: unknown) =>
        this.#log("error", "saga has no alarm until it is swept", { cause: describe(error) }),
      )
      .finally(() => {
        this.#driving = undefined;
      });
    return this.#driving;
  }

  async #run(): Promise<void> {
    const { now, sleep } = this.#ports.runtime;
    // Nothing takes effect before the index knows the saga: one that loses its alarm from here on will be found.
    if (this.#head && !this.#indexed) await this.#publish();
    while (this.#head) {
      const decision = next(this.#head.plan, this.#progress, now());
      if (decision.type === "record") {
        this.#record(decision.event);
        continue;
      }
      if (decision.type === "ended") return this.#announce();
      this.#waiters.wake();
      if (decision.type === "attempt") {
        if (await this.#attempt(this.#head, decision)) continue;
        return this.#rest(now() + PARKED_INTERVAL);
      }
      if (decision.until - now() > SHORT_WAIT) return this.#rest(decision.until);
      await this.#deadMan.keepAhead(decision.until - now());
      await sleep(decision.until - now());
    }
  }

  /** False when this deployment lacks the code for the step, or has other steps under the plan's version. */
  async #attempt(head: Head, attempt: Attempt): Promise<boolean> {
    const { step, phase } = attempt;
    const planned = step[phase];
    const definition = this.#ports.definition(head.plan.name, head.plan.version);
    const action = definition?.action(step.name, phase);
    if (!planned || action?.operation.id !== planned.operation || definition?.hash !== head.hash) {
      const message = definition
        ? "saga's steps were changed without a new version"
        : "saga needs code that is not deployed";
      this.#log("error", message, { version: head.plan.version, operation: planned?.operation });
      return false;
    }
    await this.#deadMan.keepAhead(attempt.timeout);
    // On disk before anything leaves: whatever happens from here on, the log knows that something may have happened.
    this.#record({ type: "intent", step: step.name, phase, attempt: attempt.attempt });
    this.#record(await attemptStep(this.#ports, head, this.#progress, attempt, planned, action));
    return true;
  }

  async #rest(until: number): Promise<void> {
    this.#dueAt = until;
    await this.#deadMan.set(until);
    const known = until - this.#ports.runtime.now() <= LONG_WAIT || (await this.#tryToPublish());
    if (known) this.#restsUntil = until;
  }

  /** The index hears of the end before the starter does, so that whoever looks after the answer sees it there. */
  async #announce(): Promise<void> {
    this.#dueAt = undefined;
    if (this.#indexed !== this.#progress.state) {
      await this.#deadMan.keepAhead(0);
      await this.#tryToPublish();
    }
    this.#tellable = true;
    this.#waiters.wake();
    if (this.#indexed === this.#progress.state) {
      await this.#deadMan.clear();
      this.#restsUntil = Number.POSITIVE_INFINITY;
    } else await this.#deadMan.set(this.#ports.runtime.now() + LONG_WAIT);
  }

  async #tryToPublish(): Promise<boolean> {
    try {
      await this.#publish();
      return true;
    } catch (error) {
      this.#log("error", "saga index could not be told", { cause: describe(error) });
      return false;
    }
  }

  async #publish(): Promise<void> {
    const snapshot = this.snapshot();
    if (!snapshot) return;
    await this.#ports.publish(snapshot);
    this.#indexed = snapshot.state;
    this.#ports.store.markIndexed(snapshot.state);
  }

  #record(event: SagaEvent): void {
    const logged = { ...event, at: this.#ports.runtime.now() };
    const progress = apply(this.#progress, logged);
    this.#ports.store.append(logged, progress.state);
    this.#progress = progress;
    this.#updatedAt = this.#dueAt = logged.at;
    if (event.type === "parked") this.#log("error", "saga step parked", event);
    if (event.type === "ended" || event.type === "compensating")
      this.#log("info", `saga ${event.type}`, event);
  }

  #isOver(step: string | undefined): boolean {
    if (!this.#head) return true;
    if (isFinal(this.#progress.state)) return this.#tellable;
    if (step !== undefined && triesOf(this.#progress, step, "do").done) return true;
    return isSettled(this.#head.plan, this.#progress);
  }

  #log(level: "info" | "warn" | "error", message: string, fields: object): void {
    log(level, message, {
      saga: this.#head?.id,
      definition: this.#head?.plan.name,
      traceId: this.#head?.trace.traceId,
      ...fields,
    });
  }
}
