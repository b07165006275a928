import { excerpt, type MeshError, meshError, PROBLEM_TYPE, toMeshError, toProblem } from "@weft/mesh";
import type { Context, Hono } from "hono";
import { json } from "../request/json.ts";
import type { GatewayEnv, GatewayVariables } from "../variables.ts";
import { methodsOf } from "./methods.ts";

/** RFC 6750, 3: what a client needs to know of why its token was not enough. */
function challenge({ code, title }: MeshError): string {
  return code.startsWith("TOKEN_") ? `Bearer error="invalid_token", error_description="${title}"` : "Bearer";
}

/** An unexpected error says nothing of itself outside: its details are in the log. */
function forClients(error: MeshError): MeshError {
  return error.code === "INTERNAL" ? meshError("INTERNAL") : error;
}

/** An error as problem+json (RFC 9457). */
function problem(c: Context, thrown: unknown): Response {
  const error = toMeshError(thrown);
  c.set("failure", error);
  const headers: Record<string, string> = {
    ...error.headers,
    "content-type": PROBLEM_TYPE,
    "cache-control": "no-store",
  };
  if (error.retryAfter !== undefined) headers["retry-after"] = String(Math.ceil(error.retryAfter));
  if (error.status === 401) headers["www-authenticate"] = challenge(error);
  return json(toProblem(forClients(error), (c.var as GatewayVariables).trace.traceId), error.status, headers);
}

/** Whatever goes wrong, the client gets a problem document; so it does where nothing is, and for a wrong method. */
export function rescue<E extends GatewayEnv>(app: Hono<E>): void {
  app.onError((error, c) => problem(c, error));
  app.notFound((c) => {
    const methods = methodsOf(app, c.req.path);
    if (methods.length === 0)
      return problem(c, meshError("NOT_FOUND", `There is nothing at ${excerpt(c.req.path)}.`));
    const allow = methods.join(", ");
    if (c.req.method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
    return problem(c, meshError("METHOD_NOT_ALLOWED", `Use ${allow}.`, { headers: { allow } }));
  });
}
