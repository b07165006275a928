import * as z from "zod";
import type { Operation } from "./contract/operation.ts";
import { query } from "./contract/operation.ts";
import { describe, log } from "./log.ts";

export const Health = z.object({
  status: z.enum(["UP", "DOWN"]),
  checks: z.record(z.string(), z.object({ status: z.enum(["UP", "DOWN"]), latency_ms: z.number() })),
});

/** The health operation that `service()` mounts for every service: its own checks, such as its database. */
export function healthOf(service: string): Operation {
  return {
    ...query("GET /internal/health", { output: Health, timeout: 2_000, allow: ["gateway"] }),
    id: `${service}.health`,
    service,
  };
}

export type Check = () => Promise<unknown>;

export async function runChecks(
  checks: Record<string, Check>,
  now: () => number,
): Promise<z.infer<typeof Health>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const started = now();
      const status = await check().then(
        () => "UP" as const,
        (error: unknown) => {
          // The answer says only that it is down.
          log("warn", "health", { check: name, cause: describe(error) });
          return "DOWN" as const;
        },
      );
      return [name, { status, latency_ms: now() - started }] as const;
    }),
  );
  const up = results.every(([, result]) => result.status === "UP");
  return { status: up ? "UP" : "DOWN", checks: Object.fromEntries(results) };
}
