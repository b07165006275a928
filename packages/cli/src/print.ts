import type { Finding } from "./finding.ts";
import type { Edge, EdgeState } from "./policy.ts";
import { table } from "./table.ts";

const meaning: Record<EdgeState, string> = {
  allowed: "allowed",
  "no-binding": "declared, but the caller has no binding",
  "no-operation": "bound, but no operation lets it in",
};

/** The policy as a table for people. */
export function policyTable(edges: readonly Edge[]): string {
  const rows = edges.map(({ caller, callee, operation, state }) => [
    caller,
    operation?.id ?? `${callee}.*`,
    operation ? `${operation.method} ${operation.path}` : "",
    operation?.auth ?? "",
    meaning[state],
  ]);
  const allowed = edges.filter(({ state }) => state === "allowed").length;
  return `${table(["CALLER", "OPERATION", "ROUTE", "SIGNED IN", "STATE"], rows)}\n\n${allowed} edges are allowed; every other call is refused with 403 CALLER_NOT_ALLOWED.`;
}

/** The policy for programs. */
export function policyJson(edges: readonly Edge[]): object[] {
  return edges.map(({ caller, callee, operation, state }) => ({
    caller,
    callee,
    ...(operation && {
      operation: operation.id,
      method: operation.method,
      path: operation.path,
      auth: operation.auth,
      public: operation.public,
    }),
    state,
  }));
}

export function findingsText(findings: readonly Finding[]): string {
  return findings
    .map(({ rule, file, what, why, fix }) => `${file} [${rule}]\n  ${what}\n  Why: ${why}\n  Fix: ${fix}\n`)
    .join("\n");
}
