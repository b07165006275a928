export type LogFields = Record<string, unknown>;

/** One JSON line per entry: what Workers Logs, `wrangler tail` and any collector can read. */
export function log(level: "info" | "warn" | "error", message: string, fields: LogFields = {}): void {
  const line = JSON.stringify({ level, message, ...fields });
  if (level === "error") console.error(line);
  else console.log(line);
}

/** An error's chain of causes as text: for logs only, never for answers. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === "string" ? error : JSON.stringify(error);
  const cause = error.cause === undefined ? "" : ` <- ${describe(error.cause)}`;
  return `${error.message}${cause}`;
}
