import { Ejection, type InstanceOutcome, maxEjected } from "./ejection.ts";
import { PeakEwma } from "./latency.ts";

/** Where a service runs. Twice the `weight` (default 1) gets twice the requests at equal latency, under load. */
export interface Place {
  readonly id: string;
  readonly weight?: number;
}

/** One place where a service runs, and how it has been doing. */
export class Instance<T extends Place = Place> {
  endpoint: T;
  inFlight = 0;
  /** What the registry's active checks say. */
  healthy = true;
  readonly latency: PeakEwma;
  readonly ejection = new Ejection();

  constructor(endpoint: T, now: number) {
    this.endpoint = endpoint;
    this.latency = new PeakEwma(now);
  }

  /** Expected wait for one more request, for its weight (as in tower's weighted load). */
  cost(now: number): number {
    return (this.latency.value(now) * (this.inFlight + 1)) / (this.endpoint.weight ?? 1);
  }

  /** In the rotation: neither found sick nor ejected. */
  serving(now: number): boolean {
    return this.healthy && !this.ejection.ejected(now);
  }
}

/**
 * Spreads calls over a service's instances: of two drawn at random, the one with the lower latency x (in flight + 1)
 * (Mitzenmacher's power of two choices, as in Finagle, tower and linkerd2-proxy).
 *
 * When no instance is fit to serve, all of them get traffic (Envoy's panic mode): a snapshot that says "all dead" is
 * more often wrong than right, and the circuit breaker above looks after the case that it is not.
 */
export class Balancer<T extends Place> {
  #instances: Instance<T>[] = [];
  /** Reused by every pick. */
  readonly #candidates: Instance<T>[] = [];

  get instances(): readonly Instance<T>[] {
    return this.#instances;
  }

  /** Takes over the registry's snapshot; what is known of instances that stay is kept. */
  update(endpoints: readonly T[], now: number): void {
    this.#instances = endpoints.map((endpoint) => {
      const instance = this.#find(endpoint.id) ?? new Instance(endpoint, now);
      instance.endpoint = endpoint;
      return instance;
    });
  }

  /** The result of an active check. A good one ends an ejection. */
  checked(id: string, healthy: boolean): void {
    const instance = this.#find(id);
    if (!instance) return;
    if (healthy && !instance.healthy) instance.ejection.readmit();
    instance.healthy = healthy;
  }

  /**
   * Chooses an instance and counts the request as in flight; `done` must follow.
   *
   * @param avoid where this very call has just failed: taken only if there is nowhere else to go.
   * @returns undefined if there are no instances at all.
   */
  pick(now: number, random: () => number, avoid?: Instance<T>): Instance<T> | undefined {
    const candidates = this.#candidates;
    candidates.length = 0;
    for (const instance of this.#instances)
      if (instance !== avoid && instance.serving(now))
        if (!instance.ejection.onProbation || instance.inFlight === 0) candidates.push(instance);
    if (candidates.length === 0)
      for (const instance of this.#instances) if (instance !== avoid) candidates.push(instance);
    const chosen = choose(candidates, now, random) ?? this.#instances[0];
    if (chosen) chosen.inFlight++;
    return chosen;
  }

  done(
    instance: Instance<T>,
    outcome: InstanceOutcome,
    latency: number,
    now: number,
    random: () => number,
  ): void {
    instance.inFlight--;
    // A fast failure must not make an instance look fast.
    if (outcome === "ok" || latency > instance.latency.value(now)) instance.latency.observe(latency, now);
    if (instance.ejection.record(outcome) && this.#mayEject(instance, now))
      instance.ejection.eject(now, random());
  }

  /** Never the last one that serves. */
  #mayEject(instance: Instance<T>, now: number): boolean {
    let ejected = 0;
    let others = 0;
    for (const other of this.#instances) {
      if (other.ejection.ejected(now)) ejected++;
      if (other !== instance && other.serving(now)) others++;
    }
    return others > 0 && !instance.ejection.ejected(now) && ejected < maxEjected(this.#instances.length);
  }

  #find(id: string): Instance<T> | undefined {
    return this.#instances.find((instance) => instance.endpoint.id === id);
  }
}

/** Power of two choices. */
function choose<T extends Place>(
  candidates: readonly Instance<T>[],
  now: number,
  random: () => number,
): Instance<T> | undefined {
  if (candidates.length <= 1) return candidates[0];
  const first = Math.floor(random() * candidates.length);
  let second = Math.floor(random() * (candidates.length - 1));
  if (second >= first) second++;
  const [a, b] = [candidates[first], candidates[second]];
  return a && b && b.cost(now) < a.cost(now) ? b : a;
}
