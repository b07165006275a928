/** The region of calls that do not know theirs. */
export const LOCAL = "local";

/** Every region that there can be: Cloudflare's continents besides. */
export const REGIONS = [LOCAL, "AF", "AN", "AS", "EU", "NA", "OC", "SA"] as const;

/**
 * The part of the world that a request came in at: the continent of the data centre, so that verdicts are shared by
 * those who reach a callee the same way. Undefined where the platform does not say.
 */
export function regionOf(request: Request): string | undefined {
  return (request as { cf?: { continent?: string } }).cf?.continent;
}
