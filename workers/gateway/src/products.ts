import type { Product } from "@shop/catalog/contract";
import { hasCode } from "@weft/mesh";
import type * as z from "zod";
import type { gateway, ProductWithStock } from "./contract.ts";
import type { ShopContext } from "./env.ts";
import { meshOf } from "./mesh.ts";
import { cachedProduct } from "./product-cache.ts";

type Stock = ProductWithStock["stock"];
type Operations = (typeof gateway)["operations"];

const UNKNOWN: Stock = { available: null, degraded: true };

/** Products sell without their stock, but not the other way round. */
export async function listProducts(input: z.output<Operations["listProducts"]["input"]>, c: ShopContext) {
  const { items, nextCursor } = await pageOf(input, meshOf(c));
  return { items: await withStock(items, c), nextCursor };
}

/** The read side finds words; the catalog can as well, with the same answers, and lists everything. */
async function pageOf(
  { query, ...page }: z.output<Operations["listProducts"]["input"]>,
  { catalog, views }: ReturnType<typeof meshOf>,
) {
  const found = query ? await views.searchProducts({ query, ...page }, { fallback: null }) : null;
  return found ?? catalog.listProducts({ query, ...page });
}

export async function getProduct(
  { id }: z.output<Operations["getProduct"]["input"]>,
  c: ShopContext,
): Promise<ProductWithStock> {
  const waitUntil = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
  const load = () => meshOf(c).catalog.getProduct({ id });
  // Who has changed a product reads the catalog itself.
  const fresh = c.var.consistency?.positionIn("catalog") !== undefined;
  const facts = fresh ? load() : cachedProduct(id, waitUntil, load);
  const [product, stock] = await Promise.all([facts, stockOf(id, c)]);
  return { ...product, stock };
}

async function stockOf(productId: string, c: ShopContext): Promise<Stock> {
  try {
    const stock = await meshOf(c).inventory.getStock({ productId }, { fallback: null });
    return stock ? { available: stock.available } : degradedStock(c);
  } catch (error) {
    // Nothing was ever put on the shelf.
    if (hasCode(error, "STOCK_UNKNOWN")) return { available: 0 };
    throw error;
  }
}

async function withStock(products: Product[], c: ShopContext): Promise<ProductWithStock[]> {
  if (products.length === 0) return [];
  const productIds = products.map(({ id }) => id).join(",");
  const stocks = await meshOf(c).inventory.getStocks({ productIds }, { fallback: null });
  const available = new Map(stocks?.items.map((stock) => [stock.productId, stock.available]));
  const unknown = stocks ? undefined : degradedStock(c);
  return products.map((product) => ({
    ...product,
    stock: unknown ?? { available: available.get(product.id) ?? 0 },
  }));
}

function degradedStock(c: ShopContext): Stock {
  c.set("degraded", ["stock"]);
  return UNKNOWN;
}
