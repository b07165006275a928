import type { IdempotencyVariables } from "@weft/idempotency";
import type { IdempotencyStore } from "@weft/idempotency/store";
import type { GatewayVariables, RateLimiter } from "@weft/gateway";
import type { Context } from "hono";

/** The Worker's bindings beside those to services, which are named after them. */
export interface Env {
  ASSETS: Fetcher;
  IDEMPOTENCY: DurableObjectNamespace<IdempotencyStore>;
  CLIENT_LIMIT: RateLimiter;
  LOGIN_LIMIT: RateLimiter;
  PASSWORD_LIMIT: RateLimiter;
  WEFT_OPERATOR_TOKEN: string;
  REGISTRY_TOKEN: string;
}

export interface ShopEnv {
  Bindings: Env;
  Variables: GatewayVariables & IdempotencyVariables;
}

export type ShopContext = Context<ShopEnv>;
