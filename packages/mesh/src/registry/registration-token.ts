import { sign, verify } from "hono/utils/jwt/jwt";
import { hasName } from "./has-name.ts";
import { meshError } from "../error.ts";
import { registrationKey } from "./keys.ts";

const AUDIENCE = "weft-registry";

/** Lets its holder register instances of one service until it expires. `lifetime` in s, `now` in ms. */
export async function issueRegistrationToken(
  secret: string,
  service: string,
  lifetime: number,
  now: number,
): Promise<{ token: string; expiresAt: number }> {
  const exp = Math.floor(now / 1_000) + lifetime;
  const token = await sign({ aud: AUDIENCE, sub: service, exp }, await registrationKey(secret), "HS256");
  return { token, expiresAt: exp * 1_000 };
}

/** The service that a token is for. Throws TOKEN_EXPIRED or TOKEN_INVALID. */
export async function verifyRegistrationToken(secret: string, token: string): Promise<string> {
  try {
    const options = { alg: "HS256", aud: AUDIENCE } as const;
    const { sub, exp } = await verify(token, await registrationKey(secret), options);
    if (typeof sub === "string" && exp !== undefined) return sub;
  } catch (cause) {
    throw meshError(hasName(cause, "JwtTokenExpired") ? "TOKEN_EXPIRED" : "TOKEN_INVALID", undefined, {
      cause,
    });
  }
  throw meshError("TOKEN_INVALID", "The token names no service or never expires.");
}
