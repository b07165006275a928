import { decoder, type Operation } from "@weft/mesh";
import type { Context, MiddlewareHandler } from "hono";
import type { GatewayEnv } from "../variables.ts";

/** The body is read through Hono, which keeps it: an idempotency key's fingerprint is made of it later. */
async function withBody(c: Context<GatewayEnv>): Promise<Request> {
  const { method, headers } = c.req.raw;
  const body = await c.req.text();
  return new Request(c.req.url, { method, headers, ...(body !== "" && { body }) });
}

/**
 * Reads and checks an operation's input: `c.var.input`. The Last-Event-ID of a reconnecting EventSource is the
 * `lastEventId` of a stream. Throws what the mesh's decoder throws.
 */
export function decodeInput(operation: Operation): MiddlewareHandler<GatewayEnv> {
  const decode = decoder(operation);
  return async (c, next) => {
    const lastEventId = operation.stream ? c.req.header("last-event-id") : undefined;
    const params = { ...c.req.param(), ...(lastEventId && { lastEventId }) };
    c.set("input", await decode(operation.safe ? c.req.raw : await withBody(c), params));
    await next();
  };
}
