import type { MeshCode } from "../codes.ts";

/** A failure that operators rehearse on one edge of the running mesh. */
export interface FaultRule {
  readonly edge: {
    /** Name of the calling service. */
    readonly from: string;
    /** Name of the called one. */
    readonly to: string;
    /** Id of the only operation that is meant, such as `inventory.getStock`; all of them if left out. */
    readonly operation?: string | undefined;
  };
  readonly fault:
    /** The call leaves so many ms later. */
    | { readonly kind: "delay"; readonly ms: number }
    /** The call does not leave; it fails with this code. */
    | { readonly kind: "abort"; readonly code: MeshCode };
  /** How many of the edge's calls are meant, more than 0 and at most 100. */
  readonly percentage: number;
  /** ms since the epoch; the fault is over by itself then. */
  readonly until: number;
}

/** The first rule that is about this call now and that chance picks. */
export function pick(
  rules: readonly FaultRule[],
  from: string,
  operation: { readonly id: string; readonly service: string },
  now: number,
  random: () => number,
): FaultRule | undefined {
  for (const rule of rules) {
    const { edge } = rule;
    if (edge.from !== from || edge.to !== operation.service || now >= rule.until) continue;
    if (edge.operation !== undefined && edge.operation !== operation.id) continue;
    if (random() * 100 < rule.percentage) return rule;
  }
  return undefined;
}
