import { meshError } from "./error.ts";

/** Nobody's order is nested this deep; it keeps the recursion below far from the end of the stack. */
const MAX_DEPTH = 100;

/**
 * JSON with sorted member names and no white space, so that values that say the same look the same (as in RFC 8785).
 * The order of array items, letter case and the values themselves do matter; what JSON leaves out is left out. Throws
 * VALIDATION_FAILED for absurdly deep nesting.
 */
export function canonicalJson(value: unknown, depth = 0): string {
  const plain = hasJson(value) ? value.toJSON() : value;
  if (typeof plain !== "object" || plain === null) return JSON.stringify(plain ?? null);
  if (depth >= MAX_DEPTH) {
    throw meshError("VALIDATION_FAILED", `The JSON is nested more than ${MAX_DEPTH} levels deep.`);
  }
  if (Array.isArray(plain)) return `[${plain.map((item) => canonicalJson(item, depth + 1)).join(",")}]`;
  const members = Object.entries(plain)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member, depth + 1)}`);
  return `{${members.join(",")}}`;
}

/** Dates have a JSON form of their own. */
function hasJson(value: unknown): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown } | null | undefined)?.toJSON === "function";
}
