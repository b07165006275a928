import { formatTraceparent, type InputOf, newTrace } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { serve } from "@weft/testkit/serve";
import { drizzle } from "drizzle-orm/d1";
import { payments } from "../src/contract.ts";
import worker from "../src/index.ts";
import * as schema from "../src/schema.ts";

interface Sent {
  type: string;
  data: unknown;
}

/** The payments service on an empty database, with queues that remember and an orders service that only has a log. */
export function startPayments(DB: D1Database = d1("migrations/payments")) {
  const sent: Record<string, Sent[]> = { ORDERS_EVENTS: [], VIEWS_EVENTS: [], NOTIFICATIONS_EVENTS: [] };
  const queueFor = (name: string) => ({
    sendBatch: async (messages: { body: Sent }[]) => {
      for (const { body } of messages) sent[name]?.push({ type: body.type, data: body.data });
    },
  });
  const orders = ordersLog();
  const served = serve(worker, {
    DB,
    ...Object.fromEntries(Object.keys(sent).map((name) => [name, queueFor(name)])),
    ORDERS: orders.binding,
  });
  const db = drizzle(DB, { schema });
  return {
    DB,
    db,
    served,
    sent,
    orders,
    checkout: (signal?: AbortSignal) =>
      served.client(payments, { caller: "checkout", ...(signal && { signal }) }),
    paymentsOf: async (userId: string, ...orderIds: string[]) => {
      const gateway = served.client(payments, { caller: "gateway", principal: { sub: userId, scopes: [] } });
      return (await gateway.getPayments({ orderIds: orderIds.join(",") })).items;
    },
    audit: (open: string[] = []) => served.client(payments, { caller: "control" }).audit({ open }),
    rebuild: (input: InputOf<(typeof payments)["operations"]["rebuildLedger"]> = {}, scopes = ["operator"]) =>
      served.client(payments, { caller: "gateway", principal: { sub: "op", scopes } }).rebuildLedger(input),
    /** All that follows from the events. */
    rows: async () => ({
      payments: await db.select().from(schema.payments).orderBy(schema.payments.orderId),
      entries: (
        await db
          .select()
          .from(schema.ledgerEntries)
          .orderBy(schema.ledgerEntries.orderId, schema.ledgerEntries.id)
      ).map(({ id: _, ...entry }) => entry),
    }),
    /** Delivers the event by queue. */
    deliver: (event: unknown) => served.queue("payments-events", [event]),
    async balances(): Promise<Record<string, number>> {
      const rows = await DB.prepare(
        "SELECT account, SUM(amount) AS amount FROM ledger_entries GROUP BY account",
      ).all<{ account: string; amount: number }>();
      return Object.fromEntries(
        rows.results.filter(({ amount }) => amount !== 0).map(({ account, amount }) => [account, amount]),
      );
    },
  };
}

/** The part of the orders service that a subscriber reads: `GET /internal/events`. */
function ordersLog() {
  const log: { sequence: number }[] = [];
  return {
    binding: {
      async fetch(request: Request) {
        const after = Number(new URL(request.url).searchParams.get("after") ?? 0);
        return Response.json({ items: log.filter(({ sequence }) => sequence > after), head: log.length });
      },
    },
    cancel(orderId: string) {
      const sequence = log.length + 1;
      const event = {
        specversion: "1.0",
        id: `event-${sequence}`,
        source: "/services/orders",
        type: "order.cancelling",
        subject: orderId,
        time: new Date().toISOString(),
        datacontenttype: "application/json",
        traceparent: formatTraceparent(newTrace()),
        sequence,
        subjectsequence: 1,
        data: { orderId, userId: "ada", items: [], total: { amount: 0, currency: "EUR" } },
      };
      log.push(event);
      return event;
    },
  };
}

/** The saga's call options for a step. */
export const step = (name: string, attempt = 1, sagaId = "saga-1") => ({
  saga: { sagaId, step: name, attempt },
});

export const order = (orderId: string, paymentToken = "tok_ok", amount = 1999) => ({
  orderId,
  userId: "ada",
  amount: { amount, currency: "EUR" },
  paymentToken,
});
