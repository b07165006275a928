import type { Operation, Reply } from "@weft/mesh";
import { json } from "../request/json.ts";

/** What a service's answer may tell the outside, beside its status and body. */
const PASSED_HEADERS = [
  "cache-control",
  "content-language",
  "etag",
  "last-modified",
  "location",
  "preference-applied",
  "retry-after",
];

/** Private and changing answers are kept nowhere; others may be kept, but not used without asking again. */
function cacheControl({ auth, safe, stream }: Operation): string {
  return auth === "none" && safe && !stream ? "no-cache" : "no-store";
}

/** An operation's answer as HTTP, with nothing of the mesh in it. */
export function toResponse(operation: Operation, { status, headers, body }: Reply): Response {
  const given = new Headers(headers);
  const kept: Record<string, string> = { "cache-control": cacheControl(operation) };
  for (const name of PASSED_HEADERS) {
    const value = given.get(name);
    if (value !== null) kept[name] = value;
  }
  if (operation.stream) {
    return new Response(body as ReadableStream, {
      status,
      headers: { ...kept, "content-type": operation.stream },
    });
  }
  return body === undefined ? new Response(null, { status, headers: kept }) : json(body, status, kept);
}
