export interface Line {
  productId: string;
  quantity: number;
}

/** One line per product, in the order of first mention. */
export function mergeLines(lines: readonly Line[]): Line[] {
  const units = new Map<string, number>();
  for (const { productId, quantity } of lines) units.set(productId, (units.get(productId) ?? 0) + quantity);
  return [...units].map(([productId, quantity]) => ({ productId, quantity }));
}
