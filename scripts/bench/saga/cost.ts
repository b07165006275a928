/** What one saga uses of the meters that Cloudflare bills. */
export interface Usage {
  /** CPU of all Workers, ms. */
  readonly cpu: number;
  readonly objectCalls: number;
  /** Time that a Durable Object is in use, s. */
  readonly objectSeconds: number;
  /** In D1 and in Durable Objects, with index entries; an alarm is a row. */
  readonly rowsWritten: number;
  readonly workflowSteps: number;
}

/** USD for a million, Workers Paid after what is included (prices of October 2026); 128 MB are billed for an object. */
export function usdPerMillion({
  cpu,
  objectCalls,
  objectSeconds,
  rowsWritten,
  workflowSteps,
}: Usage): number {
  const request = 0.3;
  return request + 0.02 * cpu + 0.15 * objectCalls + 1.5625 * objectSeconds + rowsWritten + 8 * workflowSteps;
}
