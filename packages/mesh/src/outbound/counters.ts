import type { Observation } from "./observation.ts";

/** How one operation's calls have ended in this isolate. */
export class Counters {
  /** Calls, retries not counted. */
  calls = 0;
  failed = 0;
  /** Answered with a fallback. */
  degraded = 0;
  /** Calls that were refused before they left. */
  shed = 0;
  /** Tries that went to the callee. */
  attempts = 0;
  /** Tries by how they ended: `OK` or an error's code. */
  readonly codes: Record<string, number> = {};

  count({ kind, code, degraded, shed }: Observation): void {
    if (kind === "attempt") {
      this.attempts++;
      this.codes[code] = (this.codes[code] ?? 0) + 1;
      return;
    }
    this.calls++;
    if (degraded) this.degraded++;
    else if (code !== "OK") this.failed++;
    if (shed) this.shed++;
  }
}
