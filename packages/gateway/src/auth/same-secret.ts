import { createHash, timingSafeEqual } from "node:crypto";

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Takes the same time for every wrong token, whatever it has in common with the right one. No secret matches nothing. */
export function isSameSecret(token: string, secret: string | undefined): boolean {
  return Boolean(secret) && timingSafeEqual(digest(token), digest(secret ?? ""));
}
