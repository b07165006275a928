import { SignJWT } from "jose";
import { ALGORITHM, AUDIENCE, ISSUER, TOKEN_LIFETIME } from "./contract.ts";
import type { SigningKey } from "./signing-keys.ts";

/** What a token lets its bearer do: use the shop as a customer. Operators have no accounts. */
const SCOPE = "customer";

/** A signed JWT (RFC 7519) for one hour. It names the account and nothing about its owner. `now` in ms. */
export function issueToken(userId: string, key: SigningKey, now: number): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: "JWT" })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(userId)
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt)
    .setExpirationTime(issuedAt + TOKEN_LIFETIME)
    .setJti(crypto.randomUUID())
    .sign(key.privateKey);
}
