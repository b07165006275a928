import { canonicalJson, describe, log } from "@weft/mesh";
import { acceptOrder, acceptSignal } from "./accept.ts";
import type { Attempt } from "./attempt.ts";
import { Attempts } from "./attempts.ts";
import { DeadMan } from "./dead-man.ts";
import type { SagaDefinition } from "./definition.ts";
import type { Logged, SagaEvent } from "./event.ts";
import { triesOf } from "./fold.ts";
import { checkWait, hear, type Heard, type Sender } from "./hear.ts";
import { type Decision, isFinal, isSettled, next } from "./interpreter.ts";
import { type Judgement, judge, refuse } from "./judge.ts";
import { nodeAt, pathOf } from "./key.ts";
import { longestAttempt } from "./nodes.ts";
import type { Order } from "./order.ts";
import { PARKED_INTERVAL } from "./plan.ts";
import type { Ports, Signed } from "./ports.ts";
import { resolve } from "./resolve.ts";
import { current, SagaRecord } from "./saga-record.ts";
import type { SagaSnapshot } from "./snapshot.ts";
import { OVER } from "./over.ts";
import { LONG_WAIT, Standby } from "./standby.ts";
import type { Head } from "./store.ts";
import { viewAt } from "./view.ts";
import { Waiters } from "./waiters.ts";

/** A wait up to this long, ms, is slept through; a longer one is left to the alarm, so that the object can be evicted. */
const SHORT_WAIT = 5_000;
/** Runs one saga: asks the interpreter, does what it says, writes down what happened. Knows nothing of Cloudflare. */
export class Driver {
  readonly #ports: Ports;
  readonly #deadMan: DeadMan;
  readonly #waiters: Waiters;
  readonly #record: SagaRecord;
  readonly #attempts: Attempts;
  /** Resolved when an attempt has ended or somebody has changed something. */
  #news = Promise.withResolvers<void>();
  readonly #standby: Standby;
  #driving: Promise<void> | undefined;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#deadMan = new DeadMan(ports.alarm, ports.runtime.now);
    this.#waiters = new Waiters(ports.runtime.sleep);
    this.#record = new SagaRecord(ports.store, ports.runtime.now, ports.tellAfter);
    this.#attempts = new Attempts(ports, this.#record, () => this.#heard());
    this.#standby = new Standby(ports, this.#record, this.#deadMan);
  }

  /** A saga is here, has something left to do, and does it just now. */
  get isDriving(): boolean {
    return this.#driving !== undefined;
  }

  /** Nothing is under way, and nobody waits. */
  get isIdle(): boolean {
    return !this.isDriving && this.#attempts.areOver && this.#waiters.size === 0;
  }

  /** The saga is read anew when it is needed: what this driver might still hear is not for it to write down. */
  retire(): void {
    this.#record.retire();
  }

  /** Begins the saga, which goes on with `drive()`, or joins it: the same id with the same input is the same saga, with another input a conflict. */
  async start(draft: Omit<Head, "startedAt">): Promise<"begun" | "joined" | "conflict"> {
    const existing = this.#record.head;
    // One commit for the alarm and the beginning: in between, nothing is waited for.
    const armed = existing ? undefined : this.#deadMan.keepAhead(longestAttempt(draft.plan));
    if (!existing) this.#record.begin(draft);
    await armed;
    if (!existing) return "begun";
    const same =
      existing.plan.name === draft.plan.name && canonicalJson(existing.input) === canonicalJson(draft.input);
    return same ? "joined" : "conflict";
  }

  snapshot(): SagaSnapshot | undefined {
    return this.#record.snapshot();
  }

  /** All that has happened, in its order. */
  log(): readonly Logged[] {
    this.#record.commit();
    return this.#ports.store.load()?.log ?? [];
  }

  /** The saga when it is settled, when `step` was done, or as it stands after `ms`. */
  async wait(ms: number, step?: string): Promise<SagaSnapshot | undefined> {
    void this.drive();
    await this.#waiters.wait(() => this.#isOver(step), ms);
    return this.snapshot();
  }

  /**
   * Gives the saga what a wait of this key is there for, now or later; the same id counts once. Throws as `checkWait`
   * and `hear` do, SAGA_UNKNOWN, VALIDATION_FAILED, or UNAVAILABLE where the code is not deployed.
   */
  signal(id: string, step: string, payload: unknown, by?: Sender): Heard {
    const head = this.#existing();
    const { progress } = this.#record;
    const { plan } = current(head, progress);
    checkWait(plan, progress, step);
    const signal = { id, step, payload: acceptSignal(this.#definition(head), step, payload) };
    const heard = hear(progress, signal);
    if (heard !== "known") this.#change({ type: "signalled", ...signal, ...by });
    // Whoever asks again may have had no answer from a process that has died.
    else void this.wake();
    return heard;
  }

  /** Carries out an operator's order. Throws as `judge` does, and VALIDATION_FAILED for an output that its step cannot have. */
  order({ requestId, actor, reason }: Signed, wanted: Order): Judgement {
    const head = this.#existing();
    const { progress } = this.#record;
    const order = acceptOrder(this.#definition(head), wanted);
    const judgement = judge(
      current(head, progress).plan,
      progress,
      requestId,
      order,
      this.#attempts.underWay,
    );
    if (judgement === "new") this.#change({ type: "ordered", requestId, actor, reason, order });
    else void this.wake();
    return judgement;
  }

  /** The alarm rang. Never rejects: after a few failures the platform would drop the alarm for good. */
  async rang(): Promise<void> {
    try {
      if (!this.#record.head) return;
      // A ringing alarm is used up: set it again before anything else can go wrong.
      await this.#deadMan.keepAhead(0);
      await this.wake();
    } catch (error) {
      this.#log("error", "saga alarm failed", { cause: describe(error) });
    }
  }

  /** Drives even a saga that rests: its alarm may be gone. */
  wake(): Promise<void> {
    this.#standby.stir();
    return this.drive();
  }

  /** Goes on until the saga has ended or must wait for long. One run at a time; never rejects. */
  drive(): Promise<void> {
    // However often somebody looks at a saga that rests, it costs no writes.
    if (this.#standby.isResting) return Promise.resolve();
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
        this.#writeDown();
      });
    return this.#driving;
  }

  async #run(): Promise<void> {
    // What has happened while the saga was laid to rest is still to be looked at.
    while (await this.#goOn()) this.#record.isIndexed = false;
  }

  /** Until nothing is left to do for now; true when something has happened meanwhile. */
  async #goOn(): Promise<boolean> {
    const { now } = this.#ports.runtime;
    const { tellAfter } = this.#ports;
    let telling: Promise<void> | undefined;
    for (;;) {
      const { head, progress, length, isIndexed } = this.#record;
      if (!head) return false;
      const decision = next(current(head, progress).plan, progress, now(), this.#attempts.underWay);
      this.#news = Promise.withResolvers();
      if (decision.type === "record") {
        this.#append(decision.event);
        continue;
      }
      // The index hears of a saga at work while an attempt is under way, and before anything else is done.
      const isAtWork = decision.type === "attempt" || decision.type === "resolve";
      if (isAtWork && !isIndexed && !telling && Math.max(0, now() - head.startedAt) >= tellAfter) {
        telling = this.#standby.tell();
        telling.catch(() => "heard below");
      }
      if (telling && (decision.type !== "attempt" || progress.begun.length > 0)) {
        await telling;
        telling = undefined;
        continue;
      }
      if (decision.type !== "attempt") this.#record.commit();
      if (decision.type !== "ended") this.#waiters.wake();
      if (!(await this.#carryOut(decision, head))) return this.#record.length > length;
    }
  }

  /** False when nothing is left to do for now. */
  async #carryOut(decision: Exclude<Decision, { type: "record" }>, head: Head): Promise<boolean> {
    const { now } = this.#ports.runtime;
    if (decision.type === "ended") {
      await this.#standby.end(() => this.#waiters.wake());
      return false;
    }
    if (decision.type === "wait") {
      if (this.#attempts.underWay.size === 0 && decision.until - now() > SHORT_WAIT) {
        await this.#standby.rest(decision.until);
        return false;
      }
      await this.#pause(decision.until);
      return true;
    }
    const timeout = decision.type === "attempt" ? decision.timeout : 0;
    if (!this.#deadMan.isAhead(timeout)) {
      this.#record.commit();
      await this.#deadMan.keepAhead(timeout);
      // Meanwhile somebody may have stopped the saga.
      return true;
    }
    const begun =
      decision.type === "attempt" ? this.#attempt(head, decision) : this.#resolve(head, decision.key);
    if (!begun) await this.#standby.rest(now() + PARKED_INTERVAL);
    return begun;
  }

  /** False when this deployment lacks the code for the step, or has other steps under the plan's version. */
  #attempt(head: Head, attempt: Attempt): boolean {
    const { key, step, phase } = attempt;
    const planned = step[phase];
    const action = this.#definition(head)?.action(pathOf(key), phase);
    if (!planned || action?.operation.id !== planned.operation) {
      this.#missing(head, key);
      return false;
    }
    const { plan } = current(head, this.#record.progress);
    const view = viewAt(head, plan, this.#record.progress, key);
    this.#attempts.begin(attempt, { head, view, planned, action });
    return true;
  }

  #resolve(head: Head, key: string): boolean {
    const code = this.#definition(head)?.code(pathOf(key))?.resolve;
    const { plan } = current(head, this.#record.progress);
    const node = nodeAt(plan, key);
    if (!code || !node) {
      this.#missing(head, key);
      return false;
    }
    const retryAt = this.#ports.runtime.now() + PARKED_INTERVAL;
    this.#append(resolve(node, key, code, viewAt(head, plan, this.#record.progress, key), retryAt));
    return true;
  }

  /** Until this time or until there is news, whichever is first. */
  async #pause(until: number): Promise<void> {
    const { now, sleep } = this.#ports.runtime;
    if (until === Number.POSITIVE_INFINITY) return this.#news.promise;
    if (this.#attempts.underWay.size === 0) await this.#deadMan.keepAhead(until - now());
    const cancel = new AbortController();
    await Promise.race([this.#news.promise, sleep(until - now(), cancel.signal)]);
    cancel.abort(OVER);
  }

  #append(event: SagaEvent): void {
    this.#record.append(event);
    if (event.type === "parked" || event.type === "stuck" || event.type === "halted")
      this.#log("error", `saga ${event.type}`, event);
    if (event.type === "ended" || event.type === "compensating" || event.type === "discarded")
      this.#log("info", `saga ${event.type}`, event);
  }

  /** Something that nobody has waited for. */
  #change(event: SagaEvent): void {
    this.#append(event);
    // One commit with the alarm, which may be set to the end of a long rest.
    this.#deadMan
      .keepAhead(0)
      .catch((error: unknown) => this.#log("error", "saga has no alarm", { cause: describe(error) }));
    this.#record.commit();
    // The index may believe that it rests for long.
    if (!this.#driving) this.#record.isIndexed = false;
    this.#news.resolve();
    void this.wake();
  }

  /** An attempt has ended. The run that waits for it writes its outcome down together with what follows from it. */
  #heard(): void {
    if (this.#driving) this.#news.resolve();
    else this.#writeDown();
  }

  #writeDown(): void {
    try {
      this.#record.commit();
    } catch (error) {
      this.#log("error", "saga outcome was not recorded", { cause: describe(error) });
    }
  }

  #existing(): Head {
    const { head } = this.#record;
    if (!head) throw refuse("SAGA_UNKNOWN");
    return head;
  }

  #definition(head: Head): SagaDefinition | undefined {
    const { plan, hash } = current(head, this.#record.progress);
    const definition = this.#ports.definition(plan.name, plan.version);
    return definition?.hash === hash ? definition : undefined;
  }

  #missing(head: Head, step: string): void {
    const { plan } = current(head, this.#record.progress);
    const message = this.#ports.definition(plan.name, plan.version)
      ? "saga's steps were changed without a new version"
      : "saga needs code that is not deployed";
    this.#record.missing = step;
    this.#log("error", message, { version: plan.version, step });
  }

  #isOver(step: string | undefined): boolean {
    const { head, progress } = this.#record;
    if (!head) return true;
    if (isFinal(progress.state)) return this.#standby.tellable;
    if (step !== undefined && triesOf(progress, step, "do").done) return true;
    return isSettled(current(head, progress).plan, progress);
  }

  #log(level: "info" | "warn" | "error", message: string, fields: object): void {
    const { head } = this.#record;
    log(level, message, {
      saga: head?.id,
      definition: head?.plan.name,
      traceId: head?.trace.traceId,
      ...fields,
    });
  }
}
