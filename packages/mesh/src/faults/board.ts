import { describe, log } from "../log.ts";
import type { Host } from "../outbound/call.ts";
import type { FaultRule } from "./rule.ts";

/** Where an isolate reads the rules that hold; rejects if it cannot. */
export type ReadRules = (host: Host) => Promise<readonly FaultRule[]>;

/** ms after which an isolate looks for changed rules again. */
export const FRESH = 1_000;

/**
 * What one isolate knows of the faults that operators have set. It is looked up in the background, by calls that come
 * through anyway, so no call ever waits for it; an isolate that was idle acts on what it knew before for one call.
 */
export class FaultBoard {
  readonly #read: ReadRules;
  #rules: readonly FaultRule[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(read: ReadRules) {
    this.#read = read;
  }

  /** The rules as last read; brought up to date after the call, if it is time to. */
  rules(host: Host, now: number): readonly FaultRule[] {
    if (now - this.#readAt >= FRESH) {
      this.#readAt = now;
      host.waitUntil(this.#refresh(host));
    }
    return this.#rules;
  }

  async #refresh(host: Host): Promise<void> {
    try {
      this.#rules = await this.#read(host);
    } catch (error) {
      // The rules end by themselves, so those that are known may go on.
      log("warn", "fault rules could not be read", { service: host.service, cause: describe(error) });
    }
  }
}
