import type { Contract } from "../contract/contract.ts";

/**
 * Whether a request may be sent to a second instance after the first one could not be reached. A connection that
 * breaks looks the same before and after the request was read, so it must be safe or idempotent.
 */
export function repeatable(contract: Contract): (method: string, path: string) => boolean {
  const patterns = Object.values(contract.operations)
    .filter(({ safe, idempotent }) => safe || idempotent)
    .map(({ method, path }) => ({ method, pattern: toPattern(path) }));
  return (method, path) => patterns.some((each) => each.method === method && each.pattern.test(path));
}

function toPattern(path: string): RegExp {
  const literal = path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${literal.replaceAll(/:\w+/g, "[^/]+")}$`);
}
