/** What one event uses. */
export interface Costs {
  rowsWritten: number;
  rowsRead: number;
  messages: number;
  /** ms */
  cpu: number;
  /** Worker invocations of its own; one is shared by a batch of messages. */
  requests: number;
}

/** A message is written, read and deleted. */
export const OPERATIONS_PER_MESSAGE = 3;

/**
 * USD per million events: reference/platform.md, 9 (D1 and Queues pricing, autumn 2026), without Durable Objects and
 * metrics, which events do not use.
 */
export function usdPerMillion({ rowsWritten, rowsRead, messages, cpu, requests }: Costs): number {
  return (
    0.3 * requests + 0.02 * cpu + 1 * rowsWritten + 0.001 * rowsRead + 0.4 * OPERATIONS_PER_MESSAGE * messages
  );
}
