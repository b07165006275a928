import { catalog, Product } from "@shop/catalog/contract";
import { checkout, Purchase } from "@shop/checkout/contract";
import { Order, orders } from "@shop/orders/contract";
import { Money, PaymentStatus } from "@shop/payments/contract";
import { Shipment, ShipmentStatus } from "@shop/shipping/contract";
import { User } from "@shop/users/contract";
import { views } from "@shop/views/contract";
import { command, contract, pageInput, pageOf, query } from "@weft/mesh";
import * as z from "zod";

export const Stock = z
  .object({
    available: z
      .int()
      .nullable()
      .describe("Units that can be ordered now; null if that is not known at the moment."),
    degraded: z.literal(true).optional(),
  })
  .describe("What is left of a product");

export const ProductWithStock = Product.extend({ stock: Stock });
export type ProductWithStock = z.infer<typeof ProductWithStock>;

export const PaidOrder = Order.extend({
  payment: z
    .object({ status: PaymentStatus, amount: Money.optional() })
    .optional()
    .describe("What has become of its money; missing where none was asked for."),
  shipment: ShipmentStatus.optional().describe("What has become of its parcel; in lists only."),
}).describe("An order and its payment");
export type PaidOrder = z.infer<typeof PaidOrder>;

const degraded = z.literal(true).optional();

/**
 * The operations that the gateway answers itself, from what several services say. Nobody in the mesh calls them. Whoever
 * looks around can do so in a minute, and whoever pays cannot: that is what the priorities say.
 */
export const gateway = contract("gateway", {
  listProducts: query("GET /v1/products", {
    summary: "Products; `query` searches their names and descriptions",
    input: catalog.operations.listProducts.input,
    output: pageOf(ProductWithStock),
    priority: "background",
    allow: [],
  }),
  getProduct: query("GET /v1/products/:id", {
    summary: "One product",
    input: z.object({ id: z.string() }),
    output: ProductWithStock,
    priority: "background",
    errors: { PRODUCT_NOT_FOUND: 404 },
    allow: [],
  }),
  recommendations: query("GET /v1/products/:id/recommendations", {
    summary: "What others bought with it; best sellers, marked `degraded`, while that is not known",
    input: z.object({ id: z.string(), limit: pageInput.limit }),
    output: z.object({ items: z.array(Product), degraded }),
    priority: "background",
    errors: { PRODUCT_NOT_FOUND: 404 },
    allow: [],
  }),
  placeOrder: command("POST /v1/orders", {
    summary: "Buy",
    input: Purchase,
    output: Order,
    status: 201,
    errors: checkout.operations.placeOrder.errors,
    timeout: checkout.operations.placeOrder.timeout,
    priority: "critical",
    auth: "user",
    idempotent: true,
    keyed: "required",
    allow: [],
  }),
  listOrders: query("GET /v1/orders", {
    summary:
      "Your orders, newest first; marked `degraded` while the newest changes or details of the payments may be missing",
    input: views.operations.listOrders.input,
    output: pageOf(PaidOrder).extend({ degraded }),
    auth: "user",
    allow: [],
  }),
  getOrder: query("GET /v1/orders/:id", {
    summary: "One of your orders; marked `degraded` while its payment is not known",
    input: orders.operations.get.input,
    output: PaidOrder.extend({ degraded }),
    errors: orders.operations.get.errors,
    auth: "user",
    allow: [],
  }),
  overview: query("GET /v1/me/overview", {
    summary:
      "Your profile, newest orders and open shipments; `degraded` names the parts that are missing or stale",
    output: z.object({
      profile: User,
      orders: z.array(Order),
      shipments: z.array(Shipment),
      degraded: z.array(z.string()),
    }),
    auth: "user",
    allow: [],
  }),
});
