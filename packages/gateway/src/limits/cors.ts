import type { MiddlewareHandler } from "hono";
import { cors as honoCors } from "hono/cors";

export interface CorsOptions {
  /** Origins that browsers may call from; any by default, since access tokens are never sent by a browser itself. */
  origin?: string | string[];
  /** Those that the API has. */
  methods?: string[];
}

/**
 * Lets browsers call the API. A request that comes from no page is only told that others get more (Vary); an OPTIONS
 * that is no preflight is a question about a path, and not answered here.
 */
export function cors({
  origin = "*",
  methods = ["GET", "HEAD", "POST"],
}: CorsOptions = {}): MiddlewareHandler {
  const handle = honoCors({
    origin,
    allowMethods: methods,
    allowHeaders: [
      "Authorization",
      "Content-Type",
      "Idempotency-Key",
      "If-None-Match",
      "Last-Event-ID",
      "Prefer",
      "X-Request-Id",
      "Weft-Consistency",
      "traceparent",
    ],
    exposeHeaders: [
      "ETag",
      "Idempotency-Replayed",
      "Link",
      "Location",
      "Preference-Applied",
      "RateLimit",
      "RateLimit-Policy",
      "Retry-After",
      "WWW-Authenticate",
      "Weft-Consistency",
      "X-Request-Id",
    ],
    maxAge: 86_400,
  });
  return async (c, next) => {
    const preflight = c.req.header("access-control-request-method") !== undefined;
    if (c.req.header("origin") !== undefined && (c.req.method !== "OPTIONS" || preflight))
      return handle(c, next);
    await next();
    c.res.headers.append("vary", "Origin");
  };
}
