import { table } from "../table.ts";

interface Circuit {
  region: string;
  callee: string;
  state: string;
  reason: string;
  retries: string;
  since: string | null;
  override?: { state: string; until: string; reason: string };
  transitions: { at: string; from: string; to: string; reason: string; counts: Record<string, number> }[];
  isolates: { reporter: string; service: string; state: string; reason: string; by: string; at: string }[];
}

/** As `GET /_weft/circuits` answers. */
export interface Circuits {
  items: Circuit[];
}

export function circuitTable({ items }: Circuits): string {
  if (items.length === 0) return "Nobody has called anybody yet.";
  const rows = items.map((each) => [
    each.callee,
    each.region,
    each.state,
    each.reason,
    each.since ?? "",
    orderOf(each),
  ]);
  return table(["CALLEE", "REGION", "STATE", "REASON", "SINCE", "ORDER"], rows);
}

export function circuitText(circuit: Circuit): string {
  const { callee, region, state, reason, retries, transitions, isolates } = circuit;
  const order = orderOf(circuit);
  return [
    `${callee} in ${region}: ${state} (${reason}), retries ${retries}${order && `\n${order}`}`,
    transitions.length === 0
      ? "It has not changed yet."
      : table(
          ["AT", "FROM", "TO", "REASON", "COUNTS"],
          transitions.map(({ at, from, to, reason: why, counts }) => [at, from, to, why, countsOf(counts)]),
        ),
    isolates.length === 0
      ? "No isolate has reported within the last minute."
      : table(
          ["ISOLATE", "SERVICE", "STATE", "REASON", "BY", "AT"],
          isolates.map((each) => [each.reporter, each.service, each.state, each.reason, each.by, each.at]),
        ),
  ].join("\n\n");
}

function orderOf({ override }: Circuit): string {
  return override ? `held ${override.state} until ${override.until}: ${override.reason}` : "";
}

function countsOf(counts: Record<string, number>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}
