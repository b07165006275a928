import { DurableObject } from "cloudflare:workers";
import type { FaultRule } from "./rule.ts";

const RULES = "rules";

/** Keeps the faults that operators have set. Rules that are over are not there any more. */
export class FaultSwitch extends DurableObject {
  rules(): readonly FaultRule[] {
    const now = Date.now();
    return (this.ctx.storage.kv.get<FaultRule[]>(RULES) ?? []).filter(({ until }) => until > now);
  }

  /** Puts these in the place of all others. */
  replace(rules: readonly FaultRule[]): readonly FaultRule[] {
    this.ctx.storage.kv.put(RULES, rules);
    return this.rules();
  }
}
