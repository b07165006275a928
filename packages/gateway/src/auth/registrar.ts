import { meshError } from "@weft/mesh";
import { verifyRegistrationToken } from "@weft/mesh/registry";
import type { Context, MiddlewareHandler } from "hono";
import type { GatewayEnv } from "../variables.ts";
import { bearerToken } from "./bearer.ts";
import { isSameSecret } from "./same-secret.ts";

/**
 * Lets in whoever may register instances of services outside Workers: holders of a registration token, for its one
 * service (scope `registry:<service>`), and of the secret itself, for all (`registry:*`). Throws
 * AUTHENTICATION_REQUIRED, TOKEN_EXPIRED or TOKEN_INVALID.
 */
export function registrar(
  secretOf: (c: Context<GatewayEnv>) => string | undefined,
): MiddlewareHandler<GatewayEnv> {
  return async (c, next) => {
    const token = bearerToken(c.req.header("authorization") ?? "");
    if (!token)
      throw meshError("AUTHENTICATION_REQUIRED", "Send a registration token: Authorization: Bearer <token>.");
    const secret = secretOf(c);
    if (!secret) throw new TypeError("No secret REGISTRY_TOKEN: nobody can register.");
    const service = isSameSecret(token, secret) ? "*" : await verifyRegistrationToken(secret, token);
    c.set("principal", { sub: `instance of ${service}`, scopes: [`registry:${service}`] });
    await next();
  };
}
