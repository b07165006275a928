import { describe, toMeshError } from "@weft/mesh";

/** What D1 says when it is not there or has too much to do (https://developers.cloudflare.com/d1/observability/debug-d1/). */
const DATABASE_AWAY =
  /D1 DB is overloaded|D1 DB reset because|caused object to be reset|Network connection lost|transient issue on remote node/;

/** Whether an attempt failed because something else was away or overloaded, and not for a reason of the message's own. */
export function isOutage(error: unknown): boolean {
  return toMeshError(error).retryable || DATABASE_AWAY.test(describe(error));
}
