import { describe, log, systemRuntime } from "@weft/mesh";
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { GatewayEnv } from "../variables.ts";
import { counted } from "./counted.ts";

/** What nginx logs for a client that went away before the answer began. */
const CLIENT_CLOSED_REQUEST = 499;

/** The route's pattern, never the path itself: paths hold ids, and a log line should be countable by it. */
function patternOf(c: Context): string {
  return matchedRoutes(c).findLast(({ method }) => method !== "ALL")?.path ?? "(no route)";
}

/**
 * One JSON line per request when its answer has gone out, or when the client has gone away. Outermost, so that it sees
 * what the client sees. `now` in ms.
 */
export function accessLog(
  now: () => number = systemRuntime.now,
  write: typeof log = log,
): MiddlewareHandler<GatewayEnv> {
  return async (c, next) => {
    const started = now();
    let written = false;
    // What has reached the client; the client can go away at any time.
    let status = CLIENT_CLOSED_REQUEST;
    let bytes = 0;
    const line = (aborted: boolean) => {
      if (written) return;
      written = true;
      const { trace, requestId, principal, degraded, failure } = c.var;
      write(status >= 500 ? "error" : "info", "request", {
        method: c.req.method,
        path: patternOf(c),
        status,
        ms: now() - started,
        bytes,
        requestId,
        traceId: trace?.traceId,
        user: principal?.sub,
        ...(degraded?.length && { degraded }),
        ...(aborted && { aborted }),
        ...(failure && {
          code: failure.code,
          cause: failure.cause === undefined ? undefined : describe(failure.cause),
        }),
      });
    };
    c.req.raw.signal?.addEventListener("abort", () => line(true), { once: true });
    await next();
    const { body, headers } = c.res;
    status = c.res.status;
    const length = headers.get("content-length");
    if (c.req.method === "HEAD") {
      // Nobody reads it: a stream would stay open for ever.
      await body?.cancel();
      line(false);
    } else if (!body || length !== null) {
      bytes = Number(length ?? 0);
      line(false);
    } else {
      c.res = new Response(
        counted(body, (size) => void (bytes += size), line),
        c.res,
      );
    }
  };
}
