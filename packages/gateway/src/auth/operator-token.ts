import { createHash, timingSafeEqual } from "node:crypto";
import type { Principal } from "@weft/mesh";

/** Whoever holds the operators' token. */
export const OPERATOR: Principal = { sub: "operator", scopes: ["operator"] };

const digest = (text: string) => createHash("sha256").update(text).digest();

/** The secret's digest: a Worker has one secret, and it is compared on every request with a token. */
let known: { secret: string; digest: Buffer } | undefined;

/** Takes the same time for every wrong token, whatever it has in common with the right one. No secret, no operator. */
export function isOperatorToken(token: string, secret: string | undefined): boolean {
  if (!secret) return false;
  if (known?.secret !== secret) known = { secret, digest: digest(secret) };
  return timingSafeEqual(digest(token), known.digest);
}
