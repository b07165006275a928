import { describe, log } from "../log.ts";
import type { Host, Outbound } from "../outbound/call.ts";
import type { Circuit } from "../outbound/callees.ts";
import type { Outcome } from "../resilience/outcome.ts";
import type { Verdict } from "../resilience/verdict.ts";
import type { TimerRuntime } from "../runtime.ts";
import { LOCAL } from "./region-of.ts";
import { readVerdict, writeVerdict } from "./verdict-cache.ts";
import { callObject, type LeaseAnswer, type ObjectNamespace, type Report } from "./verdict-object.ts";

/** A call waits at most so many ms for the data centre's cache, which answers within a few. */
export const LOOK_UP_PATIENCE = 50;

/** And so many for the region's object: it may be on another continent's coast, and wake up first. */
export const LEASE_PATIENCE = 500;

export const verdictName = (region: string, key: string) => `${region}:${key}`;

/**
 * One isolate's line to its region: it reports in the background, reads the verdict from the data centre's cache, and
 * fails open. Without the binding CIRCUITS, or without a Worker around the call, there is only this isolate's own view.
 */
export class Region {
  readonly #runtime: TimerRuntime;
  #reporter: string | undefined;

  constructor(runtime: TimerRuntime) {
    this.#runtime = runtime;
  }

  reaches({ host }: Outbound): boolean {
    return host !== undefined && namespaceOf(host) !== undefined;
  }

  /** Takes over the verdict that lies in the data centre's cache; waits for it no longer than the call can. */
  async lookUp(call: Outbound, circuit: Circuit): Promise<void> {
    const reading = readVerdict(nameOf(call, circuit)).then(
      (verdict) => verdict && circuit.breaker.applyVerdict(verdict, this.#runtime.now()),
    );
    try {
      await this.#inTime(call, circuit, LOOK_UP_PATIENCE, reading);
    } catch (error) {
      complain("verdict could not be read", circuit, error);
    }
  }

  /**
   * Asks to be the region's one prober; the only request that a call ever waits for, and no longer than it can.
   * Undefined if the region did not answer: then there is only this isolate's own view.
   */
  async lease(call: Outbound, circuit: Circuit): Promise<Pick<LeaseAnswer, "lease"> | undefined> {
    let waiting = true;
    const asking = this.#ask<LeaseAnswer>(call, circuit, "lease").then((answer) => {
      this.#learn(call, circuit, answer.verdict);
      // Granted to a call that has gone on without it: the next one may have it.
      if (!waiting && answer.lease !== undefined) this.settle(call, circuit, answer.lease, "ignored");
      return answer;
    });
    try {
      return await this.#inTime(call, circuit, LEASE_PATIENCE, asking);
    } catch (error) {
      complain("no probe lease", circuit, error);
      return undefined;
    } finally {
      waiting = false;
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
      awaited: circuit.awaited,
    };
    this.#inBackground(call, circuit, "report", report);
  }

  /** Rejects if the work takes longer than `patience`, ms, or than the call has time; it goes on in the background. */
  #inTime<T>(call: Outbound, circuit: Circuit, patience: number, work: Promise<T>): Promise<T> {
    const { now, after } = this.#runtime;
    const left = (call.context.deadline ?? Number.POSITIVE_INFINITY) - now();
    const ms = Math.max(0, Math.min(patience, left));
    return new Promise((resolve, reject) => {
      const cancel = after(ms, () => {
        call.host?.waitUntil(
          work.catch((error: unknown) => complain("no late answer either", circuit, error)),
        );
        reject(new DOMException(`There was no answer within ${ms} ms.`, "TimeoutError"));
      });
      work.then(resolve, reject).finally(cancel);
    });
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
