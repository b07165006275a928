import type * as z from "zod";
import { meshError } from "../error.ts";

/**
 * A page of a list that is sorted by a unique key: give it the rows after the cursor, one more than `limit`, and it
 * tells from the extra one whether there is a next page. `keyOf` is the sort key that `afterCursor` gives back.
 */
export function toPage<T>(
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => readonly unknown[],
): { rows: T[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, nextCursor: last !== undefined && rows.length > limit ? encode(keyOf(last)) : null };
}

/** The sort key of the last item of the page before; undefined on the first page. Throws VALIDATION_FAILED. */
export function afterCursor<K extends z.ZodType>(
  cursor: string | undefined,
  key: K,
): z.output<K> | undefined {
  if (cursor === undefined) return undefined;
  const result = key.safeParse(decode(cursor));
  if (result.success) return result.data;
  const errors = [{ pointer: "/cursor", message: "Not a cursor of this list" }];
  throw meshError("VALIDATION_FAILED", "Use the nextCursor of a page before as it is.", { errors });
}

function encode(key: readonly unknown[]): string {
  const bytes = new TextEncoder().encode(JSON.stringify(key));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** Undefined for anything that `encode` has not made. */
function decode(cursor: string): unknown {
  try {
    const bytes = Uint8Array.from(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")), (char) =>
      char.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
