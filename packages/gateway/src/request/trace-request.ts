import {
  childOf,
  type Context,
  header,
  type Host,
  newTrace,
  parseTraceparent,
  regionOf,
  rootContext,
} from "@weft/mesh";
import type { Context as HonoContext, MiddlewareHandler } from "hono";
import type { GatewayEnv, GatewayVariables } from "../variables.ts";

const REQUEST_ID = "x-request-id";
const USABLE_ID = /^[\w.=-]{1,128}$/;

/** Continues the client's trace or starts one, and answers with the request id: the client's, or the trace id. */
export const traceRequest: MiddlewareHandler<GatewayEnv> = async (c, next) => {
  const parent = parseTraceparent(c.req.header(header.traceparent));
  const trace = parent ? childOf(parent) : newTrace();
  const given = c.req.header(REQUEST_ID) ?? "";
  const requestId = USABLE_ID.test(given) ? given : trace.traceId;
  c.set("trace", trace);
  c.set("requestId", requestId);
  await next();
  c.res.headers.set(REQUEST_ID, requestId);
};

/**
 * The context of calls into the mesh on behalf of a request. They end when the client goes away, except for `lasting`
 * work, whose answer the client may come back for.
 */
export function contextOf(
  c: {
    readonly var: Pick<GatewayVariables, "trace" | "principal" | "priority" | "consistency">;
    readonly req: { readonly raw: Request };
  },
  { lasting = false } = {},
): Context {
  const { trace, principal, priority, consistency } = c.var;
  const region = regionOf(c.req.raw);
  const signal = lasting ? undefined : c.req.raw.signal;
  return rootContext(trace, { principal, priority, region, consistency, signal });
}

/** The gateway, as the Worker that calls into the mesh come from. */
export function hostOf(c: HonoContext): Host {
  return { service: "gateway", env: c.env, waitUntil: (work) => c.executionCtx.waitUntil(work) };
}
