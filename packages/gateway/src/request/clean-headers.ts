import { isInternalHeader } from "@weft/mesh";
import type { MiddlewareHandler } from "hono";

const internalOf = (headers: Headers) => [...headers.keys()].filter(isInternalHeader);

/**
 * Headers of the mesh neither come in nor go out: from outside they would forge an identity or pin a version. Whatever
 * runs outside this (the log, the trace) must not look at them.
 */
export const cleanHeaders: MiddlewareHandler = async (c, next) => {
  const forged = internalOf(c.req.raw.headers);
  if (forged.length > 0) {
    const headers = new Headers(c.req.raw.headers);
    for (const name of forged) headers.delete(name);
    c.req.raw = new Request(c.req.raw, { headers });
  }
  await next();
  for (const name of internalOf(c.res.headers)) c.res.headers.delete(name);
};
