import { Consistency, header } from "@weft/mesh";
import type { MiddlewareHandler } from "hono";
import type { GatewayEnv } from "../variables.ts";

/**
 * The one header of the mesh that clients may use: what they send back of `Weft-Consistency` makes the next answer no
 * older than those before it. Goes around what cleans headers. A token that makes no sense is as good as none; a forged
 * one can make its sender's own answers slower, and nothing else.
 */
export const consistency: MiddlewareHandler<GatewayEnv> = async (c, next) => {
  const seen = Consistency.parse(c.req.header(header.consistency));
  c.set("consistency", seen);
  await next();
  // All of it, so that a client need keep no more than the newest.
  if (seen.news) c.res.headers.set(header.consistency, seen.text);
};
