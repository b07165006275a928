import { codes, type MeshCode, type Operation, PROBLEM_TYPE } from "@weft/mesh";
import * as z from "zod";
import type { ZodOpenApiResponseObject } from "zod-openapi";

/** Every error answer (RFC 9457). */
export const Problem = z
  .object({
    type: z.string().describe("A URI for the code."),
    title: z.string().describe("What the code means, in words."),
    status: z.int(),
    code: z.string().describe("Stable; tell errors apart by it."),
    detail: z.string().optional().describe("What is wrong with this request."),
    traceId: z.string().describe("Name it when you ask for help."),
    errors: z
      .array(z.object({ pointer: z.string().describe("JSON pointer (RFC 6901)."), message: z.string() }))
      .optional(),
    retryable: z
      .boolean()
      .optional()
      .describe("Whether the same request may succeed later; always there for 409, 429 and 5xx."),
  })
  .describe("What went wrong (RFC 9457)");

const KeyRules = z.string().describe("Where the rules for keys are, as `describedby`, if a key was refused.");
const RetryAfter = z.int().describe("Seconds");

/** Draft-ietf-httpapi-ratelimit-headers. */
export const rateLimitHeaders = {
  RateLimit: z.string().describe('Where the client stands: `"default";r=2999;t=7`.'),
  "RateLimit-Policy": z.string().describe('What it may do: `"default";q=3000;w=10`.'),
};

/** Every code that an operation can answer with, and its status. */
function codesOf(operation: Operation): Record<string, number> {
  const mesh: MeshCode[] = ["RATE_LIMITED", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED"];
  if (Object.keys((operation.input as z.ZodObject).shape).length > 0) mesh.push("VALIDATION_FAILED");
  if (!operation.safe) mesh.push("MALFORMED_JSON", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE");
  if (operation.auth !== "none") mesh.push("AUTHENTICATION_REQUIRED", "TOKEN_EXPIRED", "TOKEN_INVALID");
  if (operation.auth === "operator") mesh.push("FORBIDDEN");
  if (operation.keyed === "required") mesh.push("IDEMPOTENCY_KEY_REQUIRED");
  if (operation.keyed)
    mesh.push("IDEMPOTENCY_KEY_INVALID", "IDEMPOTENCY_KEY_IN_FLIGHT", "IDEMPOTENCY_KEY_REUSED");
  return { ...Object.fromEntries(mesh.map((code) => [code, codes[code].status])), ...operation.errors };
}

/** The problem answers of an operation, one for each status. */
export function problemResponses(operation: Operation): Record<string, ZodOpenApiResponseObject> {
  const byStatus = new Map<number, string[]>();
  for (const [code, status] of Object.entries(codesOf(operation))) {
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries([...byStatus].map(([status, found]) => [String(status), problemResponse(found)]));
}

function problemResponse(found: string[]): ZodOpenApiResponseObject {
  return {
    description: found.map((code) => `\`${code}\``).join(", "),
    ...(found.includes("RATE_LIMITED") && {
      headers: z.object({ "Retry-After": RetryAfter, ...rateLimitHeaders }),
    }),
    ...(found.includes("UNAVAILABLE") && {
      headers: z.object({ "Retry-After": RetryAfter.optional() }),
    }),
    ...(found.some((code) => code.startsWith("IDEMPOTENCY_")) && {
      headers: z.object({ Link: KeyRules.optional(), "Retry-After": RetryAfter.optional() }),
    }),
    content: { [PROBLEM_TYPE]: { schema: Problem } },
  };
}
