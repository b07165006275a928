import { MeshError } from "@weft/mesh";
import type { Stock } from "./contract.ts";
import { type Line, mergeLines } from "./lines.ts";

/**
 * Names what there is too little of. `stocks` was read before the constraint decided; if it still looked sufficient,
 * somebody else was faster and any of the products may be the one.
 */
export function outOfStock(items: readonly Line[], stocks: readonly Stock[]): MeshError {
  const lines = mergeLines(items);
  const available = new Map(stocks.map((stock) => [stock.productId, stock.available]));
  const short = lines.filter(({ productId, quantity }) => (available.get(productId) ?? 0) < quantity);
  const named = short.length > 0 ? short : lines;
  return new MeshError("OUT_OF_STOCK", {
    status: 409,
    title: "Not enough units are left",
    detail: `Not enough units are left of ${named.map(({ productId }) => productId).join(", ")}.`,
    errors: items.flatMap(({ productId }, index) =>
      named.some((line) => line.productId === productId)
        ? { pointer: `/items/${index}/quantity`, message: `Not enough units of ${productId} are left` }
        : [],
    ),
  });
}
