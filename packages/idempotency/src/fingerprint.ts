import { canonicalJson } from "@weft/mesh";

function canonicalBody(body: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // Not JSON: only the same bytes are the same body.
    return body;
  }
  return canonicalJson(value);
}

/** Tells two requests with the same key apart: SHA-256 over method, path with query, and the canonical body. */
export function fingerprint(method: string, path: string, body: string): Promise<string> {
  return sha256(`${method} ${path}\n${canonicalBody(body)}`);
}

export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
