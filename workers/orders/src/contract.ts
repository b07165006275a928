import { Money } from "@shop/payments/contract";
import { command, contract, events, fillPath, query } from "@weft/mesh";
import * as z from "zod";

export const OrderStatus = z.enum(["pending", "confirmed", "rejected", "cancelling", "cancelled"]);
export type OrderStatus = z.infer<typeof OrderStatus>;

export const OrderItem = z.object({
  productId: z.string(),
  name: z.string(),
  quantity: z.int().min(1),
  price: Money.describe("of one unit, when the order was placed"),
});

export const Order = z.object({
  id: z.string(),
  status: OrderStatus,
  items: z.array(OrderItem),
  total: Money,
  timeline: z.array(z.object({ status: OrderStatus, at: z.iso.datetime(), reason: z.string().optional() })),
});
export type Order = z.infer<typeof Order>;

const OrderId = z.object({ orderId: z.string() });
const PublicId = z.object({ id: z.string() });
const OrderFacts = z.object({
  orderId: z.string(),
  userId: z.string(),
  items: z.array(OrderItem),
  total: Money,
});

/** Orders and what happened to them. */
export const orders = contract(
  "orders",
  {
    get: query("GET /v1/orders/:id", {
      summary: "One of your orders",
      input: PublicId,
      output: Order,
      errors: { ORDER_NOT_FOUND: 404 },
      auth: "user",
      allow: ["gateway"],
    }),
    stream: events("GET /v1/orders/:id/events", {
      summary:
        "Status changes of an order as server-sent events, until it is confirmed, rejected or cancelled. Resumes after Last-Event-ID; 204 if there is nothing more to tell",
      // An id that this stream never gave is as good as none: from the beginning.
      input: PublicId.extend({ lastEventId: z.int().min(0).optional().catch(undefined) }),
      errors: { ORDER_NOT_FOUND: 404 },
      auth: "user",
      allow: ["gateway"],
    }),
    cancel: command("POST /v1/orders/:id/cancellation", {
      summary: "Cancel a confirmed order; money and stock go back",
      input: PublicId,
      output: Order,
      status: 202,
      errors: { ORDER_NOT_FOUND: 404, ORDER_NOT_CANCELLABLE: 409 },
      auth: "user",
      idempotent: true,
      keyed: "required",
      priority: "critical",
      allow: ["gateway"],
    }),
    find: query("GET /internal/orders/:orderId", {
      input: OrderId,
      output: Order,
      errors: { ORDER_NOT_FOUND: 404 },
      allow: ["checkout"],
    }),
    create: command("POST /internal/orders", {
      input: OrderFacts,
      output: Order,
      fenced: "do",
      allow: ["checkout"],
    }),
    reject: command("POST /internal/orders/:orderId/rejection", {
      input: OrderId.extend({ reason: z.string() }),
      output: Order.partial(),
      fenced: "undo",
      allow: ["checkout"],
    }),
    confirm: command("POST /internal/orders/:orderId/confirmation", {
      input: OrderId,
      output: Order,
      errors: { ORDER_NOT_FOUND: 404 },
      fenced: "do",
      allow: ["checkout"],
    }),
    audit: query("GET /internal/audit", {
      fresh: true,
      output: z.object({
        counts: z.partialRecord(OrderStatus, z.int()),
        /** Orders that are neither confirmed nor over. */
        open: z.array(z.string()),
        /** Totals of all confirmed orders, minor units. */
        confirmedTotal: z.int(),
        /** Units in all confirmed orders. */
        confirmedUnits: z.int(),
        /** Grows with every change of any order. */
        version: z.int(),
      }),
      allow: ["control"],
    }),
  },
  {
    events: {
      "order.placed": OrderFacts,
      "order.confirmed": OrderFacts,
      "order.rejected": OrderFacts.extend({ reason: z.string() }),
      "order.cancelling": OrderFacts,
      "order.cancelled": OrderFacts,
    },
    readers: ["views", "shipping", "notifications", "payments", "inventory", "catalog"],
  },
);

/** Where its buyer finds an order. */
export function orderPath(id: string): string {
  return fillPath(orders.operations.get.path, { id });
}
