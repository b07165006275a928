import { contextOf, hostOf, json, transportTo } from "@weft/gateway";
import { describe, type Health, healthOf, invoke, log, systemRuntime } from "@weft/mesh";
import type { Hono } from "hono";
import type * as z from "zod";
import type { ShopContext, ShopEnv } from "./env.ts";
import { services, toMesh } from "./mesh.ts";

/** Who has not said that it is well by then is not well, ms. */
const PATIENCE = 1_500;

/** How old an answer about all services may be, ms: however many ask, each service is asked about once in this time. */
const MAX_AGE = 1_000;

type Check = z.infer<typeof Health>["checks"][string];

const NO_STORE = { "cache-control": "no-store" };

/** Liveness for load balancers, and the state of every service and what it depends on for people. Both answer 200. */
export function health(app: Hono<ShopEnv>): void {
  app.get("/health", () => json({ status: "UP" }, 200, NO_STORE));
  let latest: { since: number; checks: Promise<Record<string, Check>> } | undefined;
  app.get("/health/detailed", async (c) => {
    const now = systemRuntime.now();
    if (!latest || now - latest.since >= MAX_AGE) {
      latest = { since: now, checks: checkAll(c) };
      // Others may wait for the same answer when this client has gone.
      c.executionCtx.waitUntil(latest.checks);
    }
    const checks = await latest.checks;
    const up = Object.values(checks).every(({ status }) => status === "UP");
    return json({ status: up ? "UP" : "DEGRADED", checks }, 200, NO_STORE);
  });
}

async function checkAll(c: ShopContext): Promise<Record<string, Check>> {
  const found = await Promise.all(Object.keys(services).map((service) => checkService(service, c)));
  return Object.assign({}, ...found) as Record<string, Check>;
}

/** `users`, and `users.database` for each thing that users depends on. */
async function checkService(service: string, c: ShopContext): Promise<Record<string, Check>> {
  const started = systemRuntime.now();
  const took = () => systemRuntime.now() - started;
  try {
    const transport = transportTo(service, c.env);
    const answer = await invoke(
      healthOf(service),
      {},
      transport,
      contextOf(c, { lasting: true }),
      { timeout: PATIENCE },
      toMesh,
      hostOf(c),
    );
    const { status, checks } = answer.body as z.infer<typeof Health>;
    const nested = Object.entries(checks).map(([name, check]) => [`${service}.${name}`, check] as const);
    return { [service]: { status, latency_ms: took() }, ...Object.fromEntries(nested) };
  } catch (error) {
    log("warn", "health", { service, cause: describe(error) });
    return { [service]: { status: "DOWN", latency_ms: took() } };
  }
}
