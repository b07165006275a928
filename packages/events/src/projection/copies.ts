import type { Copy, Tables } from "./definition.ts";

/**
 * Declares a projection's tables twice: as they are read, and the shadow that a rebuild fills. `make` gets a function
 * that names a table or index of its copy. A rebuild swaps the tables' names, not those of their indexes.
 */
export function copies<T extends Tables>(
  make: (name: <B extends string>(base: B) => B) => T,
): Record<Copy, T> {
  // Both have the same type, so that whatever is written for the one takes the other.
  return { live: make((base) => base), shadow: make((base) => `${base}_shadow` as typeof base) };
}
