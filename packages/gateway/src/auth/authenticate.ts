import { isMeshError, meshError, type Operation, type Principal } from "@weft/mesh";
import type { Context, MiddlewareHandler } from "hono";
import type { GatewayEnv } from "../variables.ts";
import { bearerToken } from "./bearer.ts";
import { OPERATOR } from "./operator.ts";
import { isSameSecret } from "./same-secret.ts";

export interface AuthenticateOptions {
  operatorToken: (c: Context<GatewayEnv>) => string | undefined;
  /** Verifies an access token; throws a MeshError if it is not good. */
  verify: (token: string, c: Context<GatewayEnv>) => Promise<Principal>;
}

/** Finds out who is asking. It refuses nobody: `authorize` does, once the client's limits have been charged. */
export function authenticate({ operatorToken, verify }: AuthenticateOptions): MiddlewareHandler<GatewayEnv> {
  return async (c, next) => {
    const credentials = c.req.header("authorization");
    if (credentials !== undefined) {
      try {
        const token = bearerToken(credentials);
        if (!token)
          throw meshError("AUTHENTICATION_REQUIRED", "Send a token as Authorization: Bearer <token>.");
        c.set("principal", isSameSecret(token, operatorToken(c)) ? OPERATOR : await verify(token, c));
      } catch (error) {
        if (!isMeshError(error)) throw error;
        c.set("refusal", error);
      }
    }
    await next();
  };
}

/** Lets only those in whom the operation is for. */
export function authorize({ auth }: Pick<Operation, "auth">): MiddlewareHandler<GatewayEnv> {
  return async (c, next) => {
    const { principal, refusal } = c.var;
    if (auth !== "none" && !principal) {
      throw (
        refusal ??
        meshError("AUTHENTICATION_REQUIRED", "Send an access token: Authorization: Bearer <token>.")
      );
    }
    if (auth === "operator" && !principal?.scopes.includes("operator")) {
      throw meshError("FORBIDDEN", "This is for operators only.");
    }
    await next();
  };
}
