import { createHash, timingSafeEqual } from "node:crypto";

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Digests of the secrets: a Worker has a few, and they are compared on every request with a token. */
const known = new Map<string, Buffer>();

/** Takes the same time for every wrong token, whatever it has in common with the right one. No secret matches nothing. */
export function isSameSecret(token: string, secret: string | undefined): boolean {
  if (!secret) return false;
  let expected = known.get(secret);
  if (!expected) known.set(secret, (expected = digest(secret)));
  return timingSafeEqual(digest(token), expected);
}
