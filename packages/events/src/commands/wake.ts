import { bindingName, describe, log, type Scope } from "@weft/mesh";

/** Longest delay of a queue's message, s (https://developers.cloudflare.com/queues/platform/limits/). */
const LONGEST_DELAY = 86_400;

const WAKE = { weft: "tasks are due" };

export function isWake(body: unknown): boolean {
  return (body as Partial<typeof WAKE> | null)?.weft === WAKE.weft;
}

/**
 * Has this service woken when its tasks are due, by its own queue `<service>-tasks`. Never throws: what nobody is woken
 * for is found by cron.
 */
export async function wakeAt(scope: Scope, times: readonly number[]): Promise<void> {
  const binding = `${bindingName(scope.service)}_TASKS`;
  const queue = (scope.env as Record<string, Queue | undefined>)[binding];
  if (!queue) return;
  const now = Date.now();
  const delays = new Set(times.map((at) => Math.max(0, Math.ceil((at - now) / 1_000))));
  try {
    for (const delaySeconds of delays)
      if (delaySeconds <= LONGEST_DELAY) await queue.send(WAKE, { contentType: "json", delaySeconds });
  } catch (error) {
    log("warn", "task wake-up", { service: scope.service, queue: binding, cause: describe(error) });
  }
}
