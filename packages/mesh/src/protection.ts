/** Whether the Worker's var WEFT_SHED leaves the concurrency limits on. "off" is there to measure what they do. */
export function isProtected(env: unknown): boolean {
  return (env as { WEFT_SHED?: string } | undefined)?.WEFT_SHED !== "off";
}
