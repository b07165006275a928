import { MeshError } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { serve } from "@weft/testkit/serve";
import { inventory } from "../src/contract.ts";
import worker from "../src/index.ts";
import type { Line } from "../src/lines.ts";

export const RESERVATION_SECONDS = 900;

export interface Account {
  productId: string;
  received: number;
  available: number;
  held: number;
  committed: number;
}

/** The real service in plain Node with so many units of each product on its shelf, and with what its neighbours see. */
export async function startInventory(units: Record<string, number>) {
  const DB = d1("migrations/inventory");
  const shelf = JSON.stringify(Object.entries(units));
  await DB.prepare(
    "INSERT INTO stock (product_id, available, received) SELECT value ->> 0, value ->> 1, value ->> 1 FROM json_each(?)",
  )
    .bind(shelf)
    .run();

  const sent: { type: string; subject: string }[] = [];
  const served = serve(worker, {
    DB,
    RESERVATION_SECONDS: String(RESERVATION_SECONDS),
    ORDERS: { fetch: async () => Response.json({ items: [], head: 0 }) },
    ORDERS_EVENTS: {
      sendBatch: async (messages: { body: { type: string; subject: string } }[]) =>
        void sent.push(...messages.map(({ body: { type, subject } }) => ({ type, subject }))),
    },
  });
  const checkout = served.client(inventory, { caller: "checkout" });
  const saga = (orderId: string, step: string, attempt = 1) => ({ saga: { sagaId: orderId, step, attempt } });

  return {
    DB,
    gateway: served.client(inventory, { caller: "gateway" }),
    control: served.client(inventory, { caller: "control" }),
    reserve: (orderId: string, items: Line[], step = "reserve") =>
      checkout.reserve({ orderId, items }, saga(orderId, step)),
    release: (orderId: string) => checkout.release({ orderId }, saga(orderId, "reserve")),
    commit: (orderId: string, step = "commit", attempt = 1) =>
      checkout.commit({ orderId }, saga(orderId, step, attempt)),
    /** Delivers the order's `order.cancelling`, the same event each time. */
    cancelling: (orderId: string) => served.queue("inventory-events", [cancelling(orderId)]),
    cron: () => served.cron(new Date()),
    /** What the orders service was sent. */
    async sent() {
      await served.settled();
      return sent;
    },
    async statusOf(orderId: string) {
      return DB.prepare("SELECT status FROM reservations WHERE order_id = ?")
        .bind(orderId)
        .first<string>("status");
    },
    async accounts(): Promise<Account[]> {
      const { results } = await DB.prepare(
        `SELECT product_id AS productId, received, available,
          (SELECT COALESCE(SUM(quantity), 0) FROM reservation_items i JOIN reservations r USING (order_id) WHERE i.product_id = stock.product_id AND status = 'held') AS held,
          (SELECT COALESCE(SUM(quantity), 0) FROM reservation_items i JOIN reservations r USING (order_id) WHERE i.product_id = stock.product_id AND status = 'committed') AS committed
        FROM stock ORDER BY product_id`,
      ).all<Account>();
      return results;
    },
  };
}

export type Inventory = Awaited<ReturnType<typeof startInventory>>;

/** The code that a call is refused with, or its answer's status. */
export async function outcomeOf(call: Promise<{ status?: string | undefined }>): Promise<string | undefined> {
  try {
    return (await call).status;
  } catch (error) {
    if (error instanceof MeshError) return error.code;
    throw error;
  }
}

function cancelling(orderId: string): object {
  const total = { amount: 100, currency: "EUR" };
  return {
    specversion: "1.0",
    id: `cancelling ${orderId}`,
    source: "/services/orders",
    type: "order.cancelling",
    subject: orderId,
    // Of one that is months old, and all have one place in the log here, the inbox would say that it is forgotten.
    time: new Date().toISOString(),
    datacontenttype: "application/json",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    sequence: 1,
    subjectsequence: 1,
    data: { orderId, userId: "usr_1", items: [], total },
  };
}
