import type { Hono } from "hono";
import type { GatewayEnv } from "../variables.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** The methods that a path has handlers for; empty if there is no such path. Middleware for all methods does not count. */
export function methodsOf<E extends GatewayEnv>(app: Hono<E>, path: string): string[] {
  const found = METHODS.filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method),
  );
  if (found.includes("GET")) found.push("HEAD");
  return found.length > 0 ? [...found, "OPTIONS"] : [];
}
