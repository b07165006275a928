import type { Host } from "../outbound/call.ts";
import type { FaultRule } from "./rule.ts";

/** Name of the one object that keeps the rules. */
export const SWITCH = "faults";

/** Seconds that a data centre goes without asking the object again. */
const MAX_AGE = 2;
/** Nobody else can put anything there: the host does not exist, and the cache is the Worker's own. */
const KEY = "https://faults.weft.invalid/rules";

interface Namespace {
  getByName(name: string): { rules(): Promise<readonly FaultRule[]> };
}

/** From the data centre's cache, or else from the object behind the binding FAULTS. */
export async function readRules({ env }: Host): Promise<readonly FaultRule[]> {
  const namespace = (env as { FAULTS?: Namespace }).FAULTS;
  if (!namespace) return [];
  const cache = (caches as unknown as { default: Cache }).default;
  const known = await cache.match(KEY);
  if (known) return known.json();
  const rules = await namespace.getByName(SWITCH).rules();
  await cache.put(KEY, Response.json(rules, { headers: { "cache-control": `max-age=${MAX_AGE}` } }));
  return rules;
}
