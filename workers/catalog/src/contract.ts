import { Money } from "@shop/payments/contract";
import { command, contract, pageInput, pageOf, query } from "@weft/mesh";
import * as z from "zod";

export const Product = z.object({ id: z.string(), name: z.string(), description: z.string(), price: Money });
export type Product = z.infer<typeof Product>;

/**
 * A million in a currency of two digits. Sums over orders are exact numbers as long as prices are small beside 2^53; the
 * audit would have no answer for one that is not.
 */
const HIGHEST_PRICE = 100_000_000;
const Price = Money.extend({
  amount: Money.shape.amount.max(HIGHEST_PRICE),
  currency: z.string().regex(/^[A-Z]{3}$/, "An ISO 4217 code, such as EUR"),
});

/** What may be changed of a product; what is left out stays as it is. */
export const ProductChange = z.object({
  name: z.string().trim().min(1).max(200).optional(),
  description: z.string().trim().max(2_000).optional(),
  price: Price.optional(),
});
export type ProductChange = z.infer<typeof ProductChange>;

/** All of a product, so that whoever hears of it last knows it. */
const ProductFacts = Product.omit({ id: true }).extend({ productId: z.string() });

/** What is for sale. */
export const catalog = contract(
  "catalog",
  {
    listProducts: query("GET /internal/products", {
      input: z.object({ query: z.string().trim().max(200).optional(), ...pageInput }),
      output: pageOf(Product),
      timeout: 1_000,
      allow: ["gateway"],
    }),
    getProduct: query("GET /internal/products/:id", {
      input: z.object({ id: z.string() }),
      output: Product,
      errors: { PRODUCT_NOT_FOUND: 404 },
      timeout: 1_000,
      allow: ["gateway"],
    }),
    getProducts: query("GET /internal/products-by-id", {
      summary: "Several products at once, in the order asked for; unknown ids are left out",
      input: z.object({
        ids: z
          .string()
          .refine((ids) => ids.split(",").length <= 100, "At most 100 ids")
          .describe("at most 100 ids, comma-separated"),
      }),
      output: z.object({ items: z.array(Product) }),
      timeout: 1_000,
      allow: ["gateway", "checkout"],
    }),
    bestSellers: query("GET /internal/best-sellers", {
      input: z.object({ limit: pageInput.limit }),
      output: z.object({ items: z.array(Product) }),
      timeout: 1_000,
      allow: ["gateway"],
    }),
    changeProduct: command("PATCH /internal/products/:id", {
      summary: "Change a product",
      input: ProductChange.extend({ id: z.string() }),
      output: Product,
      errors: { PRODUCT_NOT_FOUND: 404 },
      auth: "operator",
      idempotent: true,
      allow: ["gateway"],
    }),
  },
  {
    events: { "product.added": ProductFacts, "product.changed": ProductFacts },
    readers: ["checkout", "views"],
  },
);
