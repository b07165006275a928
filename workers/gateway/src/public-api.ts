import { Product } from "@shop/catalog/contract";
import { Order } from "@shop/orders/contract";
import { Money } from "@shop/payments/contract";
import { User } from "@shop/users/contract";
import { openApi, type OpenApiDocument } from "@weft/gateway";
import * as z from "zod";
import { gateway, PaidOrder, ProductWithStock, Stock } from "./contract.ts";
import { healthPaths } from "./health-paths.ts";
import { services } from "./mesh.ts";

const { users, orders, shipping } = services;

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
  listOrders: gateway.operations.listOrders,
  getOrder: gateway.operations.getOrder,
  streamOrder: orders.operations.stream,
  cancelOrder: orders.operations.cancel,
  getShippingRates: shipping.operations.getRates,
  getOverview: gateway.operations.overview,
};

const Location = z.string().describe("Where the order is found.");
const ETag = z.string().describe("Names this state of the answer.");

/** A read that a client can ask again for cheaply. */
const revalidated = {
  requestHeaders: {
    "If-None-Match": z.string().optional().describe("The `ETag` of an answer already there."),
  },
  responses: {
    "200": { headers: { ETag } },
    "304": { description: "Nothing has changed since that `ETag`", headers: { ETag } },
  },
};
const rejected = { headers: { Location: Location.optional() } };

export function describeApi(): OpenApiDocument {
  return openApi(publicApi, {
    info: {
      title: "Weft shop",
      version: "1.0.0",
      description: "An online shop on Cloudflare Workers. Errors are problem documents (RFC 9457).",
    },
    // Wherever this document is found.
    servers: [{ url: "/" }],
    paths: healthPaths,
    schemas: { Money, Product, ProductWithStock, Stock, Order, PaidOrder, User },
    additions: {
      listProducts: revalidated,
      getProduct: revalidated,
      getRecommendations: revalidated,
      placeOrder: {
        requestHeaders: { Prefer: z.enum(["respond-async"]).optional() },
        responses: {
          "201": { headers: { Location } },
          "202": {
            description: "Still being worked on: look at `Location`, or send the same request again",
            headers: { Location, "Preference-Applied": z.literal("respond-async").optional() },
            content: { "application/json": { schema: Order } },
          },
          "402": rejected,
          "409": rejected,
          "503": rejected,
        },
      },
      cancelOrder: { responses: { "202": { headers: { Location } } } },
      streamOrder: { responses: { "204": { description: "Nothing more will come" } } },
    },
  });
}
