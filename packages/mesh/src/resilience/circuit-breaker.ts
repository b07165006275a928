import type { Priority } from "./bulkhead.ts";
import { BREAKER, type BreakerConfig } from "./breaker-config.ts";
import { CircuitMachine, type MachineSnapshot } from "./circuit-machine.ts";
import { FailureRun, type RunSnapshot } from "./failure-run.ts";
import { counted, type Outcome } from "./outcome.ts";
import { RegionalView } from "./regional-view.ts";
import { Thinning } from "./thinning.ts";
import { type CircuitReason, type CircuitState, type Transition, TransitionLog } from "./transitions.ts";
import { ended, tripReason, unsuccessful } from "./trip-rules.ts";
import type { Verdict } from "./verdict.ts";
import { Window, type WindowSnapshot } from "./window.ts";

/**
 * - `pass`: send it. `probe`: send it; the only one until it is recorded. Both must be recorded.
 * - `lease`: ask the region for the probe lease; if granted send and record it, otherwise treat it as `reject`.
 * - `reject`: do not send; `rejection` says why and until when.
 */
export type Decision = "pass" | "probe" | "lease" | "reject";

export interface CircuitStatus {
  readonly state: CircuitState;
  readonly reason: CircuitReason;
  /** Who decided: this isolate's own counts, the region, or an operator. */
  readonly by: "local" | "region" | "operator";
}

/** Everything but the region's verdict, which is looked up anew. */
export interface BreakerSnapshot {
  readonly machine: MachineSnapshot;
  readonly window: WindowSnapshot;
  readonly run: RunSnapshot;
  readonly override: { readonly state: "open" | "closed"; readonly until: number } | undefined;
  readonly transitions: readonly Transition[];
}

/** Nobody is sent away for longer, ms: an operator's order is often taken back before its end. */
const LONGEST_REFUSAL = 30_000;

/**
 * One isolate's circuit breaker towards one callee (or one operation of it), with the region's verdict laid over it.
 *
 * `acquire` before a call, then keep `epoch`, then `record` when it ended. Closed, it costs two counter updates per
 * call; memory is fixed; there are no timers and no closures.
 */
export class CircuitBreaker {
  readonly view: RegionalView;
  readonly #config: BreakerConfig;
  readonly #window: Window;
  readonly #run: FailureRun;
  readonly #log: TransitionLog;
  readonly #machine: CircuitMachine;
  readonly #ramp = new Thinning();
  #override: BreakerSnapshot["override"];

  constructor(config: Partial<BreakerConfig> = {}, onTransition?: (transition: Transition) => void) {
    this.#config = { ...BREAKER, ...config };
    this.#window = new Window(this.#config.window);
    this.#run = new FailureRun(this.#config);
    this.#log = new TransitionLog(onTransition);
    this.#machine = new CircuitMachine(this.#config, this.#window, this.#log);
    this.view = new RegionalView(this.#config);
  }

  /** To be kept from `acquire` to `record`: outcomes of calls from an earlier state are not counted in a later one. */
  get epoch(): number {
    return this.#machine.epoch;
  }

  get transitions(): readonly Transition[] {
    return this.#log.entries;
  }

  /** @param priority says which calls a ramp lets in first. */
  acquire(now: number, random: () => number, priority: Priority = "normal"): Decision {
    const calm = this.view.calm && this.#override === undefined && this.#machine.state === "closed";
    return this.#noted(calm ? "pass" : this.#decide(now, random, priority), now);
  }

  /** The same by what this isolate has seen alone: the region was asked and did not answer. */
  acquireAlone(now: number, random: () => number, priority: Priority = "normal"): Exclude<Decision, "lease"> {
    return this.#noted(this.#decideAlone(now, random, priority), now);
  }

  #noted<D extends Decision>(decision: D, now: number): D {
    if (decision === "pass" || decision === "probe") this.#window.add("sent", now);
    return decision;
  }

  #decide(now: number, random: () => number, priority: Priority): Decision {
    const forced = this.#forced(now);
    if (forced) return forced === "open" ? "reject" : "pass";
    const regional = this.view.decide(now, random, priority);
    if (regional === "force") return "pass";
    return regional === "pass" ? this.#decideAlone(now, random, priority) : regional;
  }

  #decideAlone(now: number, random: () => number, priority: Priority): Exclude<Decision, "lease"> {
    const machine = this.#machine;
    if (machine.state === "closed") return "pass";
    machine.advance(now, random);
    if (machine.lease(now)) return "probe";
    const fraction = machine.fraction(now);
    if (fraction === 0 || fraction === 1) return fraction === 1 ? "pass" : "reject";
    return this.#ramp.admits(fraction, priority, random) ? "pass" : "reject";
  }

  /**
   * A call ended.
   *
   * @param epoch what `epoch` was right after `acquire`.
   * @param latency ms; a slow call counts as slow however it ended.
   * @param limit how long a try of the operation may take, ms; see `slowShare`.
   */
  record(
    outcome: Outcome,
    epoch: number,
    latency: number,
    now: number,
    random: () => number,
    limit = Number.POSITIVE_INFINITY,
  ): void {
    const machine = this.#machine;
    if (machine.state !== "closed") machine.advance(now, random);
    if (epoch !== machine.epoch) return;
    if (outcome === "ignored") return machine.settle(outcome, now, random);
    this.#window.add(counted(outcome), now);
    const { slowAfter, slowShare } = this.#config;
    const slow = latency >= Math.min(slowAfter, limit * slowShare);
    if (slow) this.#window.add("slow", now);
    if (machine.state === "closed") this.#judge(outcome, slow, now, random);
    else this.#recover(outcome, slow, now, random);
    if (machine.state !== "closed") this.#run.length = 0;
  }

  #judge(outcome: Outcome, slow: boolean, now: number, random: () => number): void {
    // A callee that answers 429 is up: it ends a run of failures, as in linkerd2-proxy, but it does count as a rate.
    const hard = outcome !== "ok" && outcome !== "throttled";
    if (!hard) this.#run.success(now);
    if (outcome === "ok" && !slow) return;
    const outage = hard && this.#run.failure(now) && !this.view.current(now)?.partial;
    const reason = outage ? "consecutive-failures" : tripReason(this.#window, now, this.#config);
    if (reason) this.#machine.trip(reason, now, random);
  }

  #recover(outcome: Outcome, slow: boolean, now: number, random: () => number): void {
    const machine = this.#machine;
    // A callee that was given a rest because it was slow has recovered when it is no longer so.
    const still = slow && outcome === "ok" && machine.cause === "slow-rate";
    const proof = still ? "overload" : outcome;
    if (machine.state === "half-open") machine.settle(proof, now, random);
    else machine.ramped(proof === "ok" ? 1 : 0, proof === "ok" ? 0 : 1, now, random);
  }

  /** Whether a failed call may be tried again, and a slow one hedged, as far as the circuit is concerned. */
  retriesAllowed(now: number): boolean {
    if (this.status(now).state !== "closed" || this.view.current(now)?.retries === "off") return false;
    const calls = ended(this.#window, now);
    const { suspendMinCalls, suspendRate } = this.#config;
    return calls < suspendMinCalls || unsuccessful(this.#window, now) < calls * suspendRate;
  }

  /** Takes over what the region says. A region that has seen the callee recover overrules what this isolate saw before. */
  applyVerdict(verdict: Verdict, now: number): void {
    const before = this.status(now).state;
    if (!this.view.adopt(verdict, now)) return;
    const machine = this.#machine;
    const recovered =
      machine.since < verdict.since && (verdict.state === "ramp" || verdict.reason === "recovered");
    const badLuck = verdict.partial && machine.cause === "consecutive-failures";
    if (recovered || badLuck) machine.reset("verdict", now);
    const { state, by } = this.status(now);
    if (state !== before && by === "region")
      this.#log.add({
        at: now,
        from: before,
        to: state,
        reason: "verdict",
        counts: this.#window.counts(now),
      });
  }

  /** An operator's order for this isolate; ends by itself at `until`, or with `undefined`. */
  override(state: "open" | "closed" | undefined, until: number, now: number): void {
    const from = this.status(now).state;
    this.#override = state && { state, until };
    const to = this.status(now).state;
    this.#log.add({ at: now, from, to, reason: "operator", counts: this.#window.counts(now) });
  }

  status(now: number): CircuitStatus {
    const forced = this.#forced(now);
    if (forced) return { state: forced, reason: "operator", by: "operator" };
    const verdict = this.view.calm ? undefined : this.view.current(now);
    if (verdict?.reason === "operator") return { state: verdict.state, reason: "operator", by: "operator" };
    if (verdict && verdict.state !== "closed")
      return { state: verdict.state, reason: verdict.reason, by: "region" };
    return { state: this.#machine.state, reason: this.#machine.reason, by: "local" };
  }

  /** For the answer to a rejected call: the reason, and after how many ms a new try makes sense (1 to 30 s). */
  rejection(now: number): CircuitStatus & { readonly retryAfter: number } {
    const status = this.status(now);
    const verdict = this.view.current(now);
    const end =
      status.by === "local"
        ? Math.max(this.#machine.until, this.#machine.leaseUntil)
        : status.by === "region"
          ? (verdict?.until ?? 0)
          : (this.#override?.until ?? verdict?.until ?? 0);
    return { ...status, retryAfter: Math.min(LONGEST_REFUSAL, Math.max(1_000, end - now)) };
  }

  snapshot(): BreakerSnapshot {
    return {
      machine: this.#machine.snapshot(),
      window: this.#window.snapshot(),
      run: this.#run.snapshot(),
      override: this.#override,
      transitions: [...this.#log.entries],
    };
  }

  restore(snapshot: BreakerSnapshot): void {
    this.#machine.restore(snapshot.machine);
    this.#window.restore(snapshot.window);
    this.#run.restore(snapshot.run);
    this.#override = snapshot.override;
    this.#log.restore(snapshot.transitions);
  }

  #forced(now: number): "open" | "closed" | undefined {
    if (this.#override && now >= this.#override.until) this.#override = undefined;
    return this.#override?.state;
  }
}
