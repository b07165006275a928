import type { OperatorsApi } from "../operators-api.ts";
import type { Bulk, Failure } from "./letters.ts";

/** Failures that are named; all are counted. */
const NAMED_FAILURES = 100;

/** Goes on until no letter is left, or a call gets nowhere; what all its calls have done. */
export async function runBulk(
  api: OperatorsApi,
  action: "replay" | "discard",
  order: Readonly<Record<string, unknown>>,
): Promise<Bulk> {
  const call = (before?: string) =>
    api("POST", `/dead-letters/${action}`, { body: { ...order, before } }) as Promise<Bulk>;
  const sum = await call();
  const failed = new Set(sum.failures.map(nameOf));
  while (sum.left > 0 && order["dryRun"] !== true) {
    const next = await call(sum.before);
    // One may fail in each call, if its service could not even note that.
    const news = next.failures.filter((failure) => !failed.has(nameOf(failure)));
    for (const failure of news) failed.add(nameOf(failure));
    sum.settled += next.settled;
    sum.left = next.left;
    sum.items.push(...next.items);
    sum.failures.push(...news);
    sum.degraded = [...new Set([...sum.degraded, ...next.degraded])];
    if (next.settled + news.length === 0) break;
  }
  return { ...sum, failed: failed.size, failures: sum.failures.slice(0, NAMED_FAILURES) };
}

function nameOf({ service, id }: Failure): string {
  return `${service}/${id}`;
}
