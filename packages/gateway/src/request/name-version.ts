import { header, versionOf } from "@weft/mesh";
import type { MiddlewareHandler } from "hono";

/** Answers name the deployed version of the gateway that gave them. Outside `cleanHeaders`, which keeps those of the services inside. */
export const nameVersion: MiddlewareHandler = async (c, next) => {
  await next();
  const version = versionOf(c.env);
  if (version !== undefined) c.res.headers.set(header.version, version);
};
