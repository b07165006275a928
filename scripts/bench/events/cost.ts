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
 * USD per million events, after what the plan includes: requests 0.30, CPU 0.02 per million ms, rows written 1.00, rows
 * read 0.001, queue operations 0.40 (Cloudflare's pricing of Workers, D1 and Queues, autumn 2026).
 */
export function usdPerMillion({ rowsWritten, rowsRead, messages, cpu, requests }: Costs): number {
  return (
    0.3 * requests + 0.02 * cpu + 1 * rowsWritten + 0.001 * rowsRead + 0.4 * OPERATIONS_PER_MESSAGE * messages
  );
}
