import { inventory } from "@shop/inventory/contract";
import { payments } from "@shop/payments/contract";
import type { Envelope } from "@weft/events";
import { d1 } from "@weft/testkit/d1";
import { eventOf } from "@weft/testkit/event";
import { serve } from "@weft/testkit/serve";
import { orders } from "../src/contract.ts";
import worker from "../src/index.ts";

const queues = ["VIEWS", "SHIPPING", "NOTIFICATIONS", "PAYMENTS", "INVENTORY", "CATALOG"];

/** The Worker over a database of its own, with queues that keep what they are sent. */
export function startOrders() {
  const DB = d1("migrations/orders");
  const sent: Record<string, Envelope[]> = Object.fromEntries(queues.map((name) => [name, []]));
  const producers = queues.map((name) => [
    `${name}_EVENTS`,
    {
      sendBatch: async (batch: { body: Envelope }[]) =>
        void sent[name]?.push(...batch.map(({ body }) => body)),
    },
  ]);
  const served = serve(worker, { DB, ...Object.fromEntries(producers) });
  const checkout = served.client(orders, { caller: "checkout" });
  const asUser = (sub: string, signal?: AbortSignal) =>
    served.client(orders, { caller: "gateway", principal: { sub, scopes: [] }, ...(signal && { signal }) });

  return {
    DB,
    served,
    sent,
    checkout,
    asUser,
    owner: asUser("usr_1"),
    auditor: served.client(orders, { caller: "control" }),
    stranger: asUser("usr_2"),
    place: (facts = factsOf("ord_1")) => checkout.create(facts, step(facts.orderId, "create")),
    confirm: (orderId = "ord_1") => checkout.confirm({ orderId }, step(orderId, "confirm")),
    reject: (orderId = "ord_1", reason = "OUT_OF_STOCK") =>
      checkout.reject({ orderId, reason }, step(orderId, "create")),
    /** Types of all events so far. */
    async log(): Promise<string[]> {
      const { results } = await DB.prepare("SELECT type FROM events ORDER BY seq").all<{ type: string }>();
      return results.map(({ type }) => type);
    },
  };
}

export type Orders = ReturnType<typeof startOrders>;

export function step(sagaId: string, name: string, attempt = 1) {
  return { saga: { sagaId, step: name, attempt } };
}

export function factsOf(orderId: string, lines = 2) {
  const items = Array.from({ length: lines }, (_, index) => ({
    productId: `prod_${index + 1}`,
    name: `Product ${index + 1}`,
    quantity: index + 1,
    price: { amount: 1_000, currency: "EUR" },
  }));
  const amount = items.reduce((sum, { quantity, price }) => sum + quantity * price.amount, 0);
  return { orderId, userId: "usr_1", items, total: { amount, currency: "EUR" } };
}

const amount = { amount: 3_000, currency: "EUR" };

export const refunded = (orderId: string, id = `refund-${orderId}`) =>
  eventOf(payments, "payment.refunded", orderId, { orderId, amount }, { id });
export const returned = (orderId: string, id = `return-${orderId}`) =>
  eventOf(inventory, "stock.returned", orderId, { orderId }, { id });
