import type { OperatorsApi } from "../operators-api.ts";
import type { Bulk } from "./letters.ts";

/** Goes on until no letter is left, or a call gets nowhere; what all its calls have done. */
export async function runBulk(
  api: OperatorsApi,
  action: "replay" | "discard",
  order: Readonly<Record<string, unknown>>,
): Promise<Bulk> {
  const call = (before?: string) =>
    api("POST", `/dead-letters/${action}`, { body: { ...order, before } }) as Promise<Bulk>;
  const sum = await call();
  while (sum.left > 0 && order["dryRun"] !== true) {
    const next = await call(sum.before);
    sum.settled += next.settled;
    sum.failed += next.failed;
    sum.left = next.left;
    sum.items.push(...next.items);
    sum.degraded = [...new Set([...sum.degraded, ...next.degraded])];
    if (next.items.length === 0) break;
  }
  return sum;
}
