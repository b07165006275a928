import { describe, log, meshError, systemRuntime } from "@weft/mesh";
import type { Context, MiddlewareHandler } from "hono";
import type { GatewayEnv } from "../variables.ts";
import { networkOf } from "./network.ts";
import { WindowCount } from "./window.ts";

/** A binding of the type `ratelimits`. */
export interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

export interface RateLimitPolicy {
  /** Its name in the headers. */
  name: string;
  /** Requests per window; the binding's `limit`. */
  quota: number;
  /** Seconds; the binding's `period`. */
  window: number;
  binding: (c: Context<GatewayEnv>) => RateLimiter;
  /** Whose requests are counted together. */
  client: (c: Context<GatewayEnv>) => string | Promise<string>;
}

/** The signed-in user, or the address of whoever is not. */
export function clientOf(c: Context<GatewayEnv>): string {
  return c.var.principal ? `user ${c.var.principal.sub}` : `address ${addressOf(c)}`;
}

/** The address, or IPv6 network, that a request came from. Set by Cloudflare; a client cannot choose it. */
export function addressOf(c: Context<GatewayEnv>): string {
  return networkOf(c.req.header("cf-connecting-ip") ?? "unknown");
}

/**
 * Refuses a client's requests beyond a policy and tells each client where it stands, with the header fields of
 * draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy: "default";q=3000;w=10` and `RateLimit: "default";r=2999;t=7`.
 * `r` is an upper bound: it counts this isolate's share alone, and so is `t`, since the limiter's windows are its own.
 * A limiter that cannot be asked lets everybody through. Throws RATE_LIMITED.
 */
export function rateLimit(
  policy: RateLimitPolicy,
  now: () => number = systemRuntime.now,
): MiddlewareHandler<GatewayEnv> {
  const { name, quota, window, binding, client } = policy;
  const counted = new WindowCount(quota, window);
  return async (c, next) => {
    const key = await client(c);
    const { remaining, reset } = counted.add(key, now());
    const allowed = await isAllowed(binding(c), key, name);
    const headers = {
      "ratelimit-policy": `"${name}";q=${quota};w=${window}`,
      ratelimit: `"${name}";r=${allowed ? remaining : 0};t=${reset}`,
    };
    if (!allowed) {
      throw meshError("RATE_LIMITED", `At most ${quota} requests in ${window} s.`, {
        retryAfter: reset,
        headers,
      });
    }
    await next();
    for (const [field, value] of Object.entries(headers)) c.res.headers.append(field, value);
  };
}

async function isAllowed(limiter: RateLimiter, key: string, policy: string): Promise<boolean> {
  try {
    return (await limiter.limit({ key })).success;
  } catch (error) {
    log("warn", "rate limit", { policy, cause: describe(error) });
    return true;
  }
}
