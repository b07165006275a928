import type { Product } from "@shop/catalog/contract";
import type * as z from "zod";
import type { gateway } from "./contract.ts";
import type { ShopContext } from "./env.ts";
import { meshOf } from "./mesh.ts";

/** As many ids as the catalog takes, or best sellers as it gives, at a time. */
const MOST = 100;

type Input = z.output<(typeof gateway)["operations"]["recommendations"]["input"]>;

/** What was bought with a product, as the read side knows it; while that is away, what sells best. */
export async function recommendations(
  { id, limit }: Input,
  c: ShopContext,
): Promise<{ items: Product[]; degraded?: true }> {
  const { catalog, views } = meshOf(c);
  const [, found] = await Promise.all([
    // For its PRODUCT_NOT_FOUND.
    catalog.getProduct({ id }),
    views.recommendations({ productId: id, limit }, { fallback: null }),
  ]);
  if (found?.productIds.length) return catalog.getProducts({ ids: found.productIds.join(",") });
  const { items } = await catalog.bestSellers({ limit: Math.min(MOST, limit + 1) });
  const others = items.filter((product) => product.id !== id).slice(0, limit);
  // Nobody has bought it with anything yet: that is known, and nothing is missing.
  if (found) return { items: others };
  c.set("degraded", ["recommendations"]);
  return { items: others, degraded: true };
}
