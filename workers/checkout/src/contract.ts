import { Order } from "@shop/orders/contract";
import { command, contract, query } from "@weft/mesh";
import { sagaOperations } from "@weft/saga/operators";
import * as z from "zod";

export const Purchase = z.object({
  items: z
    // More than there can be of anything: what is too much is for the stock to say.
    .array(z.object({ productId: z.string().min(1).max(100), quantity: z.int().min(1).max(1_000_000_000) }))
    .min(1)
    .max(50),
  paymentToken: z.string().min(1).max(200),
});

/** Turns a basket into an order: the saga that spans orders, payments and inventory. */
export const checkout = contract("checkout", {
  placeOrder: command("POST /internal/checkouts", {
    summary: "Start the order's saga, or join it if it is already there, and wait for its end",
    input: Purchase.extend({
      orderId: z.string(),
      /** Longest wait for the saga's end, ms; 0 = answer at once. */
      wait: z.int().min(0),
    }),
    /** `order` as it stands; `done` says whether the saga has ended. */
    output: z.object({ order: Order, done: z.boolean() }),
    errors: { PRODUCT_UNKNOWN: 422, OUT_OF_STOCK: 409, PAYMENT_DECLINED: 402 },
    auth: "user",
    idempotent: true,
    timeout: 20_000,
    priority: "critical",
    allow: ["gateway"],
  }),
  ...sagaOperations(["control"]),
  audit: query("GET /internal/audit", {
    output: z.object({ sagas: z.record(z.string(), z.int()) }),
    allow: ["control"],
  }),
});
