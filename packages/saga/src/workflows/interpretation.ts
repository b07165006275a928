import { describe, isMeshError, log, type Runtime } from "@weft/mesh";
import { attemptStep, type Attempt, type OutcomeEvent, type SagaCall } from "../attempt.ts";
import { isAwaited } from "../awaited.ts";
import type { SagaDefinition } from "../definition.ts";
import type { Logged, SagaEvent } from "../event.ts";
import type { FindDefinition } from "../find-definition.ts";
import { apply, BEGINNING, type Progress } from "../fold.ts";
import { checkWait, hear } from "../hear.ts";
import { next } from "../interpreter.ts";
import { judge } from "../judge.ts";
import { nodeAt, pathOf } from "../key.ts";
import { PARKED_INTERVAL } from "../plan.ts";
import { resolve } from "../resolve.ts";
import type { Inspection } from "../saga-object.ts";
import { type SagaSnapshot, snapshotOf } from "../snapshot.ts";
import type { Head } from "../store.ts";
import { viewAt } from "../view.ts";
import { Inbox } from "./inbox.ts";
import type { Message } from "./message.ts";
import { type Steps, stepConfig, stepName } from "./steps.ts";

export interface WorkflowPorts {
  readonly step: Steps;
  readonly runtime: Runtime;
  readonly call: SagaCall;
  readonly definition: FindDefinition;
  /** Tells the index where the saga stands. */
  publish(snapshot: SagaSnapshot): Promise<void>;
}

/** What chance has to do with, as a step has seen it. Times are ms since the epoch. */
interface Seen {
  readonly at: number;
  /** Messages that had come. */
  readonly messages: number;
}

interface Made extends Seen {
  readonly outcome: OutcomeEvent;
  /** How often the step was begun: all but the last were interrupted. */
  readonly begun: number;
}

/** A wait up to this long, ms, is one step; a longer one is slept through, so that the instance can hibernate. */
const SHORT_WAIT = 60_000;
/** What a step may take longer, ms, than the attempt in it. */
const MARGIN = 30_000;
/** The epoch tells processes apart that could write at the same time; Workflows has only one. */
const EPOCH = 1;

/**
 * Runs one saga inside a Workflow. `run()` is replayed, so everything here follows from what steps have answered: the
 * log is rebuilt from that, and the same pure interpreter that runs sagas in Durable Objects decides. The clock is the
 * time of the newest answer. The definition's code runs in steps alone: it may change between replays.
 */
export class Interpretation {
  readonly #head: Head;
  readonly #ports: WorkflowPorts;
  readonly #inbox: Inbox;
  readonly #log: Logged[] = [];
  readonly #wave = new Map<string, Promise<Made>>();
  #progress: Progress = BEGINNING;
  #now: number;
  #delivered = 0;
  #pauses = 0;

  constructor(head: Head, ports: WorkflowPorts) {
    this.#head = head;
    this.#ports = ports;
    this.#inbox = new Inbox(ports.step);
    this.#now = head.startedAt;
    this.#append({ type: "started" });
  }

  /** Resolves when the saga has ended. */
  async run(): Promise<Inspection> {
    for (;;) {
      const decision = next(this.#head.plan, this.#progress, this.#now, new Set(this.#wave.keys()));
      if (decision.type === "ended") return this.#end();
      if (decision.type === "record") this.#append(decision.event);
      else if (decision.type === "attempt") this.#begin(decision);
      else if (decision.type === "resolve") await this.#resolve(decision.key);
      else if (this.#wave.size > 0) await this.#settle();
      else await this.#pause(decision.until);
    }
  }

  #begin(attempt: Attempt): void {
    const { key: step, phase, attempt: first, timeout } = attempt;
    const { call, runtime } = this.#ports;
    const head = this.#head;
    const view = viewAt(head, head.plan, this.#progress, step);
    this.#append({ type: "intent", step, phase, attempt: first, epoch: EPOCH });
    const made = this.#step(stepName(phase, step, first), timeout, async (begun): Promise<Made> => {
      const planned = attempt.step[phase];
      const action = this.#code(step).action(pathOf(step), phase);
      if (!planned || action?.operation.id !== planned.operation) throw notDeployed();
      const late = () => log("info", "saga answer came too late", { saga: head.id, step, phase });
      const numbered = { ...attempt, attempt: first + begun - 1 };
      const outcome = await attemptStep(numbered, { call, runtime, head, view, planned, action, late });
      return { outcome, begun, ...this.#look() };
    });
    this.#wave.set(step, made);
  }

  /** All that is under way ends before anything else begins: which one ended first would be a matter of chance. */
  async #settle(): Promise<void> {
    const ended = await Promise.all(this.#wave.values());
    this.#wave.clear();
    for (const { outcome, begun, ...seen } of ended.toSorted((a, b) => a.at - b.at)) {
      await this.#advance(seen);
      const { step, phase, attempt } = outcome;
      const made = { step, phase, epoch: EPOCH };
      // An attempt that was interrupted may have taken effect, so the log must know of it.
      for (let number = attempt - begun + 2; number <= attempt; number++)
        this.#append({ type: "intent", ...made, attempt: number });
      if (isAwaited(this.#progress, { ...made, attempt })) this.#append(outcome);
      else {
        const found = outcome.type === "done" ? "done" : outcome.kind;
        this.#append({ type: "discarded", ...made, attempt, outcome: found });
      }
    }
  }

  async #resolve(key: string): Promise<void> {
    const head = this.#head;
    const view = viewAt(head, head.plan, this.#progress, key);
    const { event, ...seen } = await this.#step(stepName("resolve", key, ++this.#pauses), 0, async () => {
      const code = this.#code(key).code(pathOf(key))?.resolve;
      const node = nodeAt(head.plan, key);
      if (!code || !node) throw notDeployed();
      const look = this.#look();
      return { event: resolve(node, key, code, view, look.at + PARKED_INTERVAL), ...look };
    });
    await this.#advance(seen);
    this.#append(event);
  }

  /** Until this time or until a message comes. */
  async #pause(until: number): Promise<void> {
    const { runtime, step } = this.#ports;
    const number = ++this.#pauses;
    const ms = until - this.#now;
    const cancel = new AbortController();
    const message = this.#inbox.more(this.#delivered);
    if (ms > SHORT_WAIT) {
      await this.#publish(stepName("publish", number), until);
      await Promise.race([message, step.sleep(stepName("sleep", number), ms)]);
    }
    const seen = await this.#step(stepName("look", number), SHORT_WAIT, async () => {
      const left = until - runtime.now();
      const sleep = runtime.sleep(Math.max(0, left), cancel.signal).catch(() => "a message was faster");
      if (left > 0) await Promise.race([message, sleep]);
      cancel.abort();
      return this.#look();
    });
    await this.#advance(seen);
  }

  async #end(): Promise<Inspection> {
    await this.#publish("publish end", undefined);
    return { saga: this.#snapshot(undefined), log: this.#log };
  }

  /** Takes over what a step has seen of the clock and of the messages. */
  async #advance({ at, messages }: Seen): Promise<void> {
    this.#now = Math.max(this.#now, at);
    const arrived = await this.#inbox.between(this.#delivered, messages);
    this.#delivered = Math.max(this.#delivered, messages);
    for (const message of arrived) this.#deliver(message);
  }

  #deliver(message: Message): void {
    const { plan, id } = this.#head;
    try {
      if (message.kind === "signal") {
        const { kind: _, by, ...signal } = message;
        checkWait(plan, this.#progress, signal.step);
        const heard = hear(this.#progress, signal);
        if (heard !== "known") this.#append({ type: "signalled", ...signal, ...by });
        return;
      }
      const { signed, order } = message;
      const judgement = judge(plan, this.#progress, signed.requestId, order, new Set(this.#wave.keys()));
      if (judgement === "new") this.#append({ type: "ordered", ...signed, order });
    } catch (error) {
      if (!isMeshError(error)) throw error;
      log("warn", "saga refused a message", { saga: id, kind: message.kind, cause: describe(error) });
    }
  }

  #append(event: SagaEvent): void {
    const logged = { ...event, at: this.#now };
    this.#log.push(logged);
    this.#progress = apply(this.#progress, logged);
  }

  #step<T>(name: string, ms: number, work: (begun: number) => Promise<T>): Promise<T> {
    return this.#ports.step.do(name, stepConfig(ms + MARGIN), ({ attempt }) => work(attempt));
  }

  #look(): Seen {
    return { at: this.#ports.runtime.now(), messages: this.#inbox.count };
  }

  async #publish(name: string, dueAt: number | undefined): Promise<void> {
    const snapshot = this.#snapshot(dueAt);
    await this.#step(name, 0, async () => {
      await this.#ports.publish(snapshot);
      return true;
    });
  }

  #snapshot(dueAt: number | undefined): SagaSnapshot {
    return snapshotOf(this.#head, this.#progress, this.#now, dueAt);
  }

  /** Throws while the code that the saga was started with is not deployed: the step is tried again. */
  #code(step: string): SagaDefinition {
    const { id, plan, hash } = this.#head;
    const definition = this.#ports.definition(plan.name, plan.version);
    if (definition?.hash === hash) return definition;
    log("error", "saga needs code that is not deployed", { saga: id, definition: plan.name, step });
    throw notDeployed();
  }
}

function notDeployed(): TypeError {
  return new TypeError("The saga's code is not deployed.");
}
