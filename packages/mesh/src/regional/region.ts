import { describe, log } from "../log.ts";
import type { Host, Outbound } from "../outbound/call.ts";
import type { Circuit } from "../outbound/callees.ts";
import type { Outcome } from "../resilience/outcome.ts";
import type { Verdict } from "../resilience/verdict.ts";
import type { Runtime } from "../runtime.ts";
import { readVerdict, writeVerdict } from "./verdict-cache.ts";
import { callObject, type LeaseAnswer, type ObjectNamespace, type Report } from "./verdict-object.ts";

/** The region of calls that do not know theirs. */
export const LOCAL = "local";

export const verdictName = (region: string, key: string) => `${region}:${key}`;

/**
 * One isolate's line to its region: it reports in the background, reads the verdict from the data centre's cache, and
 * fails open. Without the binding CIRCUITS, or without a Worker around the call, there is only this isolate's own view.
 */
export class Region {
  readonly #runtime: Runtime;
  #reporter: string | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  reaches({ host }: Outbound): boolean {
    return host !== undefined && namespaceOf(host) !== undefined;
  }

  /** Takes over the verdict that lies in the data centre's cache. */
  async lookUp(call: Outbound, circuit: Circuit): Promise<void> {
    try {
      const verdict = await readVerdict(nameOf(call, circuit));
      if (verdict) circuit.breaker.applyVerdict(verdict, this.#runtime.now());
    } catch (error) {
      complain("verdict could not be read", circuit, error);
    }
  }

  /** Asks to be the region's one prober; the only request that a call ever waits for. */
  async lease(call: Outbound, circuit: Circuit): Promise<number | undefined> {
    try {
      const { lease, verdict } = await this.#ask<LeaseAnswer>(call, circuit, "lease");
      this.#learn(call, circuit, verdict);
      return lease;
    } catch (error) {
      complain("no probe lease", circuit, error);
      return undefined;
    }
  }

  /** The probe has ended; told in the background. */
  settle(call: Outbound, circuit: Circuit, lease: number, outcome: Outcome): void {
    this.#inBackground(call, circuit, "settle", lease, outcome);
  }

  /** Reports in the background, if it is time to. */
  report(call: Outbound, circuit: Circuit): void {
    const now = this.#runtime.now();
    const { breaker, reporter } = circuit;
    if (!reporter.due(now, breaker.view.refreshDue(now)) || !call.host) return;
    breaker.view.asked(now);
    const report: Report = {
      reporter: (this.#reporter ??= crypto.randomUUID()),
      service: call.host.service,
      buckets: reporter.flush(now),
      status: breaker.status(now),
    };
    this.#inBackground(call, circuit, "report", report);
  }

  #inBackground(call: Outbound, circuit: Circuit, method: string, ...args: unknown[]): void {
    const work = this.#ask<Verdict>(call, circuit, method, ...args).then(
      (verdict) => this.#learn(call, circuit, verdict),
      (error: unknown) => complain("region was not told", circuit, error),
    );
    call.host?.waitUntil(work);
  }

  #ask<T>(call: Outbound, circuit: Circuit, method: string, ...args: unknown[]): Promise<T> {
    const namespace = call.host && namespaceOf(call.host);
    if (!namespace) return Promise.reject(new TypeError("There is no binding CIRCUITS."));
    return callObject<T>(namespace, method, nameOf(call, circuit), ...args);
  }

  #learn(call: Outbound, circuit: Circuit, verdict: Verdict): void {
    circuit.breaker.applyVerdict(verdict, this.#runtime.now());
    const shared = writeVerdict(nameOf(call, circuit), verdict).catch((error: unknown) =>
      complain("verdict could not be shared", circuit, error),
    );
    call.host?.waitUntil(shared);
  }
}

function nameOf({ context }: Outbound, { key }: Circuit): string {
  return verdictName(context.region ?? LOCAL, key);
}

function namespaceOf({ env }: Host): ObjectNamespace | undefined {
  return (env as { CIRCUITS?: ObjectNamespace } | undefined)?.CIRCUITS;
}

function complain(message: string, { key }: Circuit, error: unknown): void {
  log("warn", message, { circuit: key, cause: describe(error) });
}
