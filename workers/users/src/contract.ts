import { command, contract, query } from "@weft/mesh";
import * as z from "zod";

/** What every access token says and how it is signed; whoever verifies one pins all of it. */
export const ISSUER = "https://shop.weft.dev";
export const AUDIENCE = "shop";
export const ALGORITHM = "ES256";
/** Seconds from `iat` to `exp`. */
export const TOKEN_LIFETIME = 3_600;
/** Seconds by which the clocks of the signer and a verifier may differ. */
export const CLOCK_SKEW = 30;

export const User = z.object({ id: z.string(), email: z.string(), name: z.string() });
const Email = z.email().max(254);

/** Accounts, sign-in and the keys that access tokens are verified with. */
export const users = contract("users", {
  register: command("POST /v1/users", {
    summary: "Open an account",
    input: z.object({
      email: Email,
      name: z
        .string()
        .trim()
        .min(1)
        .max(100)
        .regex(/^\P{Cc}*$/u, "Must not contain control characters"),
      password: z.string().min(8).max(200),
    }),
    output: User,
    status: 201,
    errors: { EMAIL_TAKEN: 409 },
    keyed: "optional",
    allow: ["gateway"],
  }),
  logIn: command("POST /v1/sessions", {
    summary: "Sign in",
    input: z.object({ email: Email, password: z.string().max(200) }),
    output: z.object({ accessToken: z.string(), tokenType: z.literal("Bearer"), expiresIn: z.int() }),
    status: 201,
    errors: { INVALID_CREDENTIALS: 401 },
    allow: ["gateway"],
  }),
  me: query("GET /v1/users/me", {
    summary: "The signed-in user",
    output: User,
    auth: "user",
    allow: ["gateway"],
  }),
  jwks: query("GET /.well-known/jwks.json", {
    summary: "Public keys of the access tokens (RFC 7517)",
    output: z.object({ keys: z.array(z.looseObject({ kid: z.string() })) }),
    timeout: 2_000,
    allow: ["gateway"],
  }),
  rotateKeys: command("POST /internal/keys/rotation", {
    summary:
      "Sign with the next key from now on; the old one stays published until its last token has expired",
    output: z.object({ kid: z.string() }),
    auth: "operator",
    allow: ["gateway"],
  }),
  getContact: query("GET /internal/users/:id/contact", {
    input: z.object({ id: z.string() }),
    output: User,
    errors: { USER_NOT_FOUND: 404 },
    allow: ["notifications"],
  }),
});
