import { Product } from "@shop/catalog/contract";
import { Order } from "@shop/orders/contract";
import { Money } from "@shop/payments/contract";
import { User } from "@shop/users/contract";
import { openApi, type OpenApiDocument } from "@weft/gateway";
import * as z from "zod";
import { gateway, ProductWithStock, Stock } from "./contract.ts";
import { services } from "./mesh.ts";

const { users, orders, shipping, views } = services;

/** The public API at a glance: what each operation is called outside, and whose it is. */
export const publicApi = {
  register: users.operations.register,
  logIn: users.operations.logIn,
  getProfile: users.operations.me,
  getKeys: users.operations.jwks,
  listProducts: gateway.operations.listProducts,
  getProduct: gateway.operations.getProduct,
  getRecommendations: gateway.operations.recommendations,
  placeOrder: gateway.operations.placeOrder,
  listOrders: views.operations.listOrders,
  getOrder: orders.operations.get,
  streamOrder: orders.operations.stream,
  cancelOrder: orders.operations.cancel,
  getShippingRates: shipping.operations.getRates,
  getOverview: gateway.operations.overview,
};

const Location = z.string().describe("Where the order is found.");

export function describeApi(): OpenApiDocument {
  return openApi(publicApi, {
    info: {
      title: "Weft shop",
      version: "1.0.0",
      description: "An online shop on Cloudflare Workers. Errors are problem documents (RFC 9457).",
    },
    // Wherever this document is found.
    servers: [{ url: "/" }],
    schemas: { Money, Product, ProductWithStock, Stock, Order, User },
    additions: {
      placeOrder: {
        requestHeaders: { Prefer: z.enum(["respond-async"]).optional() },
        responses: {
          "202": {
            description: "Still being worked on: look at `Location`, or send the same request again",
            headers: z.object({ Location }),
            content: { "application/json": { schema: Order } },
          },
        },
      },
    },
  });
}
