import { meshError } from "@weft/mesh";

/** Nobody's order is nested this deep; it keeps the recursion below far from the end of the stack. */
const MAX_DEPTH = 100;

/**
 * JSON with sorted member names and no white space, so that bodies that say the same look the same. The order of array
 * items, letter case and the values themselves do matter. Throws VALIDATION_FAILED for absurdly deep nesting.
 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (depth >= MAX_DEPTH) {
    throw meshError("VALIDATION_FAILED", `The body is nested more than ${MAX_DEPTH} levels deep.`);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(",")}]`;
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member, depth + 1)}`);
  return `{${members.join(",")}}`;
}

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
