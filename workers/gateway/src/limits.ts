import { addressOf, clientOf, rateLimit } from "@weft/gateway";
import type { Context } from "hono";

/** Longest e-mail address there is (RFC 5321). */
const EMAIL = 254;

// The numbers are those of the bindings in wrangler.toml.

/** Keeps one client from taking everybody's share. */
export const perClient = rateLimit({
  name: "default",
  quota: 3_000,
  window: 10,
  binding: (c) => c.env.CLIENT_LIMIT,
  client: clientOf,
});

/** A password's hash is made to be slow, so whoever has the work done for nothing is stopped early. */
export const perPassword = rateLimit({
  name: "password",
  quota: 60,
  window: 60,
  binding: (c) => c.env.PASSWORD_LIMIT,
  client: addressOf,
});

/** Slows down who guesses one account's password. An address that guesses many accounts' is left to `perPassword`. */
export const perLogin = rateLimit({
  name: "login",
  quota: 10,
  window: 60,
  binding: (c) => c.env.LOGIN_LIMIT,
  client: async (c) => `${await emailOf(c)} ${addressOf(c)}`,
});

async function emailOf(c: Context): Promise<string> {
  let body: unknown;
  try {
    body = JSON.parse(await c.req.text());
  } catch {
    // The decoder, which comes next, tells the client what is wrong with it.
    return "";
  }
  const email = (body as { email?: unknown } | null)?.email;
  return typeof email === "string" ? email.trim().toLowerCase().slice(0, EMAIL) : "";
}
