import { Money } from "@shop/payments/contract";
import { contract, pageInput, pageOf, query } from "@weft/mesh";
import * as z from "zod";

export const Product = z.object({ id: z.string(), name: z.string(), description: z.string(), price: Money });
export type Product = z.infer<typeof Product>;

/** What is for sale. */
export const catalog = contract("catalog", {
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
});
