import type { Priority } from "./bulkhead.ts";

/** The order in which classes are served. */
const CLASSES: readonly Priority[] = ["critical", "normal", "background"];

/** What a call was counts ever less with each one that comes after it: the mix of about the last so many is known. */
const MEMORY = 100;

/**
 * Picks the calls that go out while only a share of them may: the important classes take what they need of it, and the
 * others what is left (max-min by strict priority; Google SRE's criticality). However the calls are mixed, the share
 * itself is kept, on average; for calls of one class alone it is the chance of each.
 */
export class Thinning {
  readonly #seen: Record<Priority, number> = { critical: 0, normal: 0, background: 0 };

  /** Whether this call goes out. To be asked only while `share`, 0 to 1, is less than everything. */
  admits(share: number, priority: Priority, random: () => number): boolean {
    const seen = this.#seen;
    for (const each of CLASSES) seen[each] *= 1 - 1 / MEMORY;
    seen[priority]++;
    let left = share * (seen.critical + seen.normal + seen.background);
    for (const above of CLASSES) {
      if (above === priority) break;
      left -= seen[above];
    }
    return random() * seen[priority] < left;
  }
}
