import type { Operation } from "../contract/operation.ts";
import { Bulkhead } from "../resilience/bulkhead.ts";
import { CircuitBreaker } from "../resilience/circuit-breaker.ts";
import { LatencyQuantile } from "../resilience/latency.ts";
import { Reporter } from "../resilience/reporter.ts";
import { RetryBudget } from "../resilience/retry-budget.ts";
import { Throttle } from "../resilience/throttle.ts";
import { Counters } from "./counters.ts";
import type { Observation } from "./observation.ts";
import { POLICIES, type Policies } from "./policies.ts";

/** One circuit: of a callee, or of a single operation of it. */
export interface Circuit {
  /** Name of the callee, or id of the operation. */
  readonly key: string;
  readonly breaker: CircuitBreaker;
  readonly reporter: Reporter;
  /** How often a call had to wait for an answer of the region's object. Stays 0 while the callee is healthy. */
  awaited: number;
}

/** What this isolate knows of one callee. */
export interface Callee {
  readonly budget: RetryBudget;
  readonly bulkhead: Bulkhead;
  readonly throttle: Throttle;
}

/** What this isolate knows of one operation of a callee. */
export interface Track {
  readonly callee: Callee;
  readonly circuit: Circuit;
  readonly latency: LatencyQuantile;
  readonly counters: Counters;
}

/** Everything that an isolate remembers of those it calls: one object for each stack, in memory alone. */
export class Callees {
  readonly policies: Policies;
  readonly #callees = new Map<string, Callee>();
  readonly #circuits = new Map<string, Circuit>();
  readonly #tracks = new Map<string, Track>();

  constructor(policies: Partial<Policies> = {}) {
    this.policies = { ...POLICIES, ...policies };
  }

  of(operation: Operation): Track {
    return this.#tracks.get(operation.id) ?? this.#track(operation);
  }

  get circuits(): ReadonlyMap<string, Circuit> {
    return this.#circuits;
  }

  get tracks(): ReadonlyMap<string, Track> {
    return this.#tracks;
  }

  /** The default sink. */
  count(observation: Observation): void {
    this.#tracks.get(observation.operation)?.counters.count(observation);
  }

  #track(operation: Operation): Track {
    const { hedge } = this.policies;
    const track = {
      callee: this.#callee(operation.service),
      circuit: this.#circuit(operation.circuit === "operation" ? operation.id : operation.service),
      latency: new LatencyQuantile(hedge ? hedge.quantile : undefined),
      counters: new Counters(),
    };
    this.#tracks.set(operation.id, track);
    return track;
  }

  #callee(service: string): Callee {
    const known = this.#callees.get(service);
    if (known) return known;
    const { retry, bulkhead, throttle } = this.policies;
    const callee = {
      budget: retry ? new RetryBudget(retry.tokens, retry.tokensPerSuccess) : new RetryBudget(),
      bulkhead: new Bulkhead(bulkhead || undefined),
      throttle: new Throttle(throttle || undefined),
    };
    this.#callees.set(service, callee);
    return callee;
  }

  #circuit(key: string): Circuit {
    const known = this.#circuits.get(key);
    if (known) return known;
    const breaker = new CircuitBreaker(this.policies.circuit || undefined);
    const circuit = { key, breaker, reporter: new Reporter(), awaited: 0 };
    this.#circuits.set(key, circuit);
    return circuit;
  }
}
