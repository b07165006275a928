import {
  type AggregatorSnapshot,
  callObject,
  type LeaseAnswer,
  type Outcome,
  type Report,
  type Transition,
  type Verdict,
  VerdictAggregator,
  type VerdictObject,
} from "@weft/mesh/regional";
import { DIRECTORY } from "./directory-name.ts";
import { DurableBase } from "./durable.ts";
import { Isolates, type IsolateView } from "./isolates.ts";

export interface Override {
  readonly state: "open" | "closed";
  /** ms since the epoch. */
  readonly until: number;
  readonly reason: string;
}

export interface CircuitReport {
  readonly name: string;
  readonly verdict: Verdict;
  readonly override: Override | undefined;
  readonly transitions: readonly Transition[];
  readonly isolates: readonly IsolateView[];
}

interface VerdictEnv {
  DIRECTORY: DurableObjectNamespace;
}

/**
 * A region's verdict about one circuit, named `<region>:<callee>`: the thin shell around VerdictAggregator.
 *
 * Only changes of state are stored. Counts of the last seconds may be lost with the object's memory: the isolates
 * report again within seconds, and until then each has its own circuit.
 */
export class CircuitVerdict extends DurableBase implements VerdictObject {
  /** What was stored; see `getPersistable`. */
  snapshot: AggregatorSnapshot | undefined;
  order: Override | undefined;
  listed = false;
  readonly #aggregator = new VerdictAggregator();
  readonly #isolates = new Isolates();
  readonly #env: VerdictEnv;
  #stored = -1;

  constructor(state: DurableObjectState, env: VerdictEnv) {
    super(state, env);
    this.#env = env;
  }

  override async onLoad(): Promise<void> {
    if (this.snapshot) this.#aggregator.restore(this.snapshot);
  }

  override getPersistable(): object {
    return { snapshot: this.#aggregator.snapshot(), order: this.order, listed: this.listed };
  }

  async report(name: string, report: Report): Promise<Verdict> {
    const now = Date.now();
    this.#aggregator.report(report.reporter, report.buckets, now, Math.random);
    this.#isolates.heard(report, now);
    return this.#verdict(name);
  }

  async lease(name: string): Promise<LeaseAnswer> {
    const lease = this.#aggregator.lease(Date.now(), Math.random);
    return { ...(lease !== undefined && { lease }), verdict: await this.#verdict(name) };
  }

  async settle(name: string, lease: number, outcome: Outcome): Promise<Verdict> {
    this.#aggregator.settle(lease, outcome, Date.now(), Math.random);
    return this.#verdict(name);
  }

  /** An operator's order; `null` takes it back. */
  async override(name: string, order: Override | null): Promise<Verdict> {
    this.#aggregator.override(order?.state, order?.until ?? 0, Date.now());
    this.order = order ?? undefined;
    return this.#verdict(name);
  }

  async status(name: string): Promise<CircuitReport> {
    const verdict = await this.#verdict(name);
    return {
      name,
      verdict,
      override: verdict.reason === "operator" ? this.order : undefined,
      transitions: this.#aggregator.transitions,
      isolates: this.#isolates.list(Date.now()),
    };
  }

  async #verdict(name: string): Promise<Verdict> {
    const verdict = this.#aggregator.verdict(Date.now(), Math.random);
    if (!this.listed) {
      await callObject(this.#env.DIRECTORY as never, "add", DIRECTORY, name);
      this.listed = true;
      this.#stored = -1;
    }
    if (verdict.version !== this.#stored) {
      this.#stored = verdict.version;
      await this.persist();
    }
    return verdict;
  }
}
