import { commandsOf, eventLogOf, loggedEventOf } from "@weft/events";
import { backlogOf } from "@weft/events/backlog";
import { deadLettersOf } from "@weft/events/dead-letters";
import { healthOf, type Operation } from "@weft/mesh";
import type { Deployment } from "./project.ts";

/**
 * - `allowed`: the contract names the caller, and the caller has a binding.
 * - `no-binding`: the contract names the caller, which has no binding to use it with.
 * - `no-operation`: the caller has a binding, and no operation lets it in.
 */
export type EdgeState = "allowed" | "no-binding" | "no-operation";

/** One line of the policy table. Whatever is not in it as `allowed` is refused. */
export interface Edge {
  readonly caller: string;
  readonly callee: string;
  /** Undefined for `no-operation`. */
  readonly operation: Operation | undefined;
  readonly state: EdgeState;
}

/** All that a service answers inside the mesh: its contract's operations, what the mesh adds to them, and its health. */
export function operationsOf({
  name,
  contract,
  consumers,
  database,
}: Pick<Deployment, "name" | "contract" | "consumers" | "database">): Operation[] {
  const subscribes = consumers.some(({ deadLetterQueue }) => deadLetterQueue !== undefined);
  return [
    ...Object.values(contract.operations),
    ...(Object.keys(contract.events).length > 0
      ? [eventLogOf(name, contract.readers), loggedEventOf(name, contract.readers)]
      : []),
    ...(Object.keys(contract.commands).length > 0 ? [commandsOf(name, contract.senders)] : []),
    ...(subscribes ? Object.values(deadLettersOf(name).operations) : []),
    ...(database ? Object.values(backlogOf(name).operations) : []),
    healthOf(name),
  ];
}

/** The Workers that answer calls of others. One that lets nobody in by its contract is an entry, such as the gateway. */
export function callees(mesh: readonly Deployment[]): Deployment[] {
  return mesh.filter(({ contract }) =>
    Object.values(contract.operations).some((operation) => operation.allow.length > 0),
  );
}

/** Who may call what, and who could but may not. Ordered by caller, then callee. */
export function policyOf(mesh: readonly Deployment[]): Edge[] {
  const edges: Edge[] = [];
  for (const callee of callees(mesh)) {
    const operations = operationsOf(callee);
    for (const operation of operations) {
      for (const caller of operation.allow) {
        const state = isBound(mesh, caller, callee) ? "allowed" : "no-binding";
        edges.push({ caller, callee: callee.name, operation, state });
      }
    }
    for (const { name: caller } of mesh) {
      if (!isBound(mesh, caller, callee) || operations.some(({ allow }) => allow.includes(caller))) continue;
      edges.push({ caller, callee: callee.name, operation: undefined, state: "no-operation" });
    }
  }
  return edges.toSorted((a, b) => a.caller.localeCompare(b.caller) || a.callee.localeCompare(b.callee));
}

function isBound(mesh: readonly Deployment[], caller: string, callee: Deployment): boolean {
  const from = mesh.find(({ name }) => name === caller);
  return from?.services.some(({ service }) => service === callee.worker) ?? false;
}
