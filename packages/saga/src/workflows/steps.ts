/** The part of Cloudflare's `WorkflowStep` that is used. What a step has answered once it answers in every replay. */
export interface Steps {
  do<T>(
    name: string,
    config: { retries: { limit: number; delay: number; backoff: "constant" }; timeout: number },
    work: (step: { readonly attempt: number }) => Promise<T>,
  ): Promise<T>;
  /** @param ms how long */
  sleep(name: string, ms: number): Promise<void>;
  waitForEvent(
    name: string,
    options: { type: string; timeout: number },
  ): Promise<{ readonly payload: unknown }>;
}

/**
 * A step of ours fails only when its process was interrupted, when its code is not deployed or when the index is away:
 * it is repeated until that is over. Times are ms.
 */
export const stepConfig = (timeout: number) =>
  ({ retries: { limit: 10_000, delay: 5_000, backoff: "constant" }, timeout }) as const;

/** Longest name of a step that Workflows takes; it tells equal ones apart by itself. */
const LONGEST_NAME = 256;

export function stepName(...parts: readonly (string | number)[]): string {
  return parts.join(" ").slice(0, LONGEST_NAME);
}
