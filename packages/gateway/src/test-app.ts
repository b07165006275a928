import { type MiddlewareHandler, Hono } from "hono";
import { rescue } from "./errors/rescue.ts";
import { traceRequest } from "./request/trace-request.ts";
import type { GatewayEnv } from "./variables.ts";

/** An app for tests of one middleware: what every gateway has around it, and the middleware on every path. */
export function testApp(...use: MiddlewareHandler[]): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>();
  rescue(app);
  app.use(traceRequest, ...use);
  return app;
}

export interface TestContext extends ExecutionContext {
  /** Work that goes on after the answer. */
  readonly pending: Promise<unknown>[];
}

export function testContext(): TestContext {
  const pending: Promise<unknown>[] = [];
  return {
    pending,
    waitUntil: (work: Promise<unknown>) => void pending.push(work),
    passThroughOnException: () => {},
    props: {},
  } as unknown as TestContext;
}

export async function problemOf(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}
