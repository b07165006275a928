import type { CircuitReason, CircuitState } from "./transitions.ts";

/**
 * What the region thinks of one callee: small plain JSON that travels in the answers to reports and lies in the
 * data centre's cache. Times are in ms of the region's clock; a few ms of skew do not matter.
 */
export interface Verdict {
  /** Grows with every change of state or override. */
  readonly version: number;
  readonly state: CircuitState;
  readonly reason: CircuitReason;
  /** The share of calls to let out, at `issuedAt`; a ramp goes on by itself from `since`. */
  readonly admit: number;
  /** Off while so much fails that retries would only add load. */
  readonly retries: "on" | "off";
  /**
   * The callee has been failing some calls and answering others for longer than the window, so it is a partial
   * outage: a lone isolate's run of failures is bad luck.
   */
  readonly partial: boolean;
  /** When the state was entered. */
  readonly since: number;
  /**
   * open: when a probe may be asked for. half-open: when the outstanding probe is lost, 0 if there is none. An
   * operator's order: when it ends.
   */
  readonly until: number;
  readonly issuedAt: number;
  /** An older copy must be looked up again (data centre cache) or asked for again in the background. */
  readonly maxAgeMs: number;
}

/**
 * After so many ms without news a verdict means nothing (fail open). Five times the max-age: while calls are
 * refused they themselves trigger the refresh, so an older verdict means that nobody calls or nobody answers.
 */
const VERDICT_VALID_MS = 10_000;

/** When a verdict stops to hold without news: an operator's order at its own end, everything else soon. */
export function validUntil({ reason, until, issuedAt }: Verdict): number {
  return reason === "operator" ? until : issuedAt + VERDICT_VALID_MS;
}

/** Copies of a verdict arrive by several ways and out of order. */
export function isNewer(a: Verdict, b: Verdict): boolean {
  return a.issuedAt > b.issuedAt || (a.issuedAt === b.issuedAt && a.version > b.version);
}
