import { isMeshError, meshError, type Principal, systemRuntime } from "@weft/mesh";
import { errors, jwtVerify } from "jose";
import type { JwksCache, LoadKeys } from "./jwks-cache.ts";

export interface TokenRules {
  issuer: string;
  audience: string;
  /** The one signature algorithm that is accepted, whatever a token says of itself. */
  algorithm: string;
  /** How far the clocks of the issuer and the gateway may be apart, s. */
  clockSkew: number;
}

/** The principal of a JWT access token, or why not: TOKEN_EXPIRED, TOKEN_INVALID, or what loading the keys failed with. */
export async function verifyToken(
  token: string,
  rules: TokenRules,
  keys: JwksCache,
  load: LoadKeys,
  now: () => number = systemRuntime.now,
): Promise<Principal> {
  try {
    const { payload } = await jwtVerify<{ scope?: string }>(token, (header) => keys.find(header, load), {
      algorithms: [rules.algorithm],
      issuer: rules.issuer,
      audience: rules.audience,
      clockTolerance: rules.clockSkew,
      requiredClaims: ["sub", "exp", "nbf"],
      currentDate: new Date(now()),
    });
    return { sub: payload.sub ?? "", scopes: payload.scope?.split(" ") ?? [] };
  } catch (error) {
    if (isMeshError(error)) throw error;
    if (error instanceof errors.JWTExpired) throw meshError("TOKEN_EXPIRED", "Sign in again.");
    throw meshError("TOKEN_INVALID", "It was not issued here, or is not what was issued: sign in again.", {
      cause: error,
    });
  }
}
