import { createHash, timingSafeEqual } from "node:crypto";
import type { Principal } from "@weft/mesh";

/** Whoever holds the operators' token. */
export const OPERATOR: Principal = { sub: "operator", scopes: ["operator"] };

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Takes the same time for every wrong token, whatever it has in common with the right one. No secret, no operator. */
export function isOperatorToken(token: string, secret: string | undefined): boolean {
  return Boolean(secret) && timingSafeEqual(digest(token), digest(secret ?? ""));
}
