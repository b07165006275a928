import { Product } from "@shop/catalog/contract";
import { Order } from "@shop/orders/contract";
import { PaymentStatus } from "@shop/payments/contract";
import { ShipmentStatus } from "@shop/shipping/contract";
import { projectionOperations } from "@weft/events/projections";
import { contract, pageInput, pageOf, query } from "@weft/mesh";
import * as z from "zod";

/** An order as the list knows it: with what it last heard of its money and its parcel. */
export const ListedOrder = Order.extend({
  payment: PaymentStatus.optional(),
  shipment: ShipmentStatus.optional(),
});
export type ListedOrder = z.infer<typeof ListedOrder>;

/** The read side: answers that are built from other services' events. */
export const views = contract("views", {
  listOrders: query("GET /v1/orders", {
    summary: "Your orders, newest first",
    input: z.object(pageInput),
    output: pageOf(ListedOrder),
    auth: "user",
    timeout: 2_000,
    allow: ["gateway"],
  }),
  recommendations: query("GET /internal/recommendations/:productId", {
    summary:
      "Ids of products that were bought together with this one, most often first; best sellers fill up",
    input: z.object({ productId: z.string(), limit: pageInput.limit }),
    output: z.object({ productIds: z.array(z.string()) }),
    timeout: 500,
    allow: ["gateway"],
  }),
  searchProducts: query("GET /internal/products", {
    summary:
      "Products with all of these words or beginnings of words, best match first; UNAVAILABLE before any product is known",
    input: z.object({ query: z.string().trim().min(1).max(200), ...pageInput }),
    output: pageOf(Product),
    timeout: 1_000,
    allow: ["gateway"],
  }),
  ...projectionOperations,
});
