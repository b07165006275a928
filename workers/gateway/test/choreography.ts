import type { Probe, QueueEdge, TestMesh } from "@weft/testkit/mesh";
import type { ShopClient } from "@weft/testkit/shop-client";
import { expect } from "vitest";
import { operatorOf, probe, queueEdge } from "./shop.ts";

/** Who hears of whose events. */
const SUBSCRIBERS: Readonly<Record<string, readonly string[]>> = {
  orders: ["views", "shipping", "notifications", "payments", "inventory", "catalog"],
  payments: ["orders", "notifications", "views"],
  inventory: ["orders"],
  shipping: ["views"],
};

/** Everyone that has a part in a cancellation. */
export const participants = [...new Set(Object.values(SUBSCRIBERS).flat())];

export const queueEdges: readonly QueueEdge[] = Object.entries(SUBSCRIBERS).flatMap(
  ([publisher, subscribers]) => subscribers.map((subscriber) => queueEdge(publisher, subscriber)),
);

/** One of its readers for each log. */
const readers: Readonly<Record<string, Probe>> = Object.fromEntries(
  Object.entries(SUBSCRIBERS).map(([publisher, [first = ""]]) => [publisher, probe(first, publisher)]),
);
export const probes = Object.values(readers);

export interface LoggedEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly traceparent: string;
}

/** What has come of an order, service by service. */
export interface Outcome {
  order: string[];
  payment: string[];
  stock: string[];
  parcel: string[];
  /** Subjects of the mails that are sent, without the order's id. */
  mails: string[];
  listed: { status: string; payment: string | null; shipment: string | null } | undefined;
  /** Units that are counted as sold by the catalog and by the recommendations. */
  sold: number[];
}

export const CANCELLED: Outcome = {
  order: ["placed", "confirmed", "cancelling", "cancelled"],
  payment: ["authorized", "captured", "refunded"],
  stock: ["returned"],
  parcel: ["prepared", "stopped"],
  mails: ["Your order is cancelled", "Your order is confirmed", "Your refund for order"],
  listed: { status: "cancelled", payment: "refunded", shipment: "cancelled" },
  sold: [0, 0],
};

/** Buys of one product that no other test buys, cancels, and tells what has come of it. */
export function choreographyOf(mesh: TestMesh) {
  /** An order's events in a publisher's log. */
  async function eventsOf(publisher: string, orderId: string): Promise<LoggedEvent[]> {
    const url = `http://mesh/internal/events?after=0&limit=100&subject=${orderId}`;
    const answer = await mesh.as(readers[publisher] as Probe).fetch(new Request(url));
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { items: LoggedEvent[] }).items;
  }
  const allEvents = async (orderId: string) =>
    (await Promise.all(Object.keys(SUBSCRIBERS).map((name) => eventsOf(name, orderId)))).flat();
  const linesOf = (subscriber: string, id: string) =>
    mesh
      .logs()
      .filter(
        ({ message }) =>
          message.includes(`"subscriber":"${subscriber}"`) && message.includes(`"event":"${id}"`),
      ).length;

  return {
    allEvents,
    async buy(buyer: ShopClient, productId: string): Promise<string> {
      const { status, body } = await buyer.buy({ items: [{ productId, quantity: 2 }] });
      expect(status).toBe(201);
      return body.id as string;
    },
    async cancel(buyer: ShopClient, orderId: string, headers: Record<string, string> = {}): Promise<void> {
      const path = `/v1/orders/${orderId}/cancellation`;
      const answer = await buyer.post(path, undefined, { "idempotency-key": orderId, ...headers });
      expect(answer).toMatchObject({ status: 202, body: { status: "cancelling" } });
    },
    async outcome(orderId: string, productId: string): Promise<Outcome> {
      const events = await allEvents(orderId);
      const of = (source: string) =>
        events
          .filter((event) => event.source === `/services/${source}`)
          .map(({ type }) => type.split(".")[1] ?? "");
      const mails = await mesh.sql<{ subject: string }>(
        "shop-notifications",
        "SELECT subject FROM notifications WHERE order_id = ? AND sent_at IS NOT NULL",
        orderId,
      );
      const [listed] = await mesh.sql<NonNullable<Outcome["listed"]>>(
        "shop-views",
        `SELECT one.status, payment_view.status AS payment, shipment_view.status AS shipment FROM order_view AS one
         LEFT JOIN payment_view ON payment_view.order_id = one.order_id
         LEFT JOIN shipment_view ON shipment_view.order_id = one.order_id WHERE one.order_id = ?`,
        orderId,
      );
      const sold = await Promise.all([
        mesh.sql<{ sold: number }>("shop-catalog", "SELECT sold FROM products WHERE id = ?", productId),
        mesh.sql<{ sold: number }>(
          "shop-views",
          "SELECT sold FROM product_sales WHERE product_id = ?",
          productId,
        ),
      ]);
      return {
        order: of("orders"),
        payment: of("payments"),
        stock: of("inventory"),
        parcel: of("shipping"),
        mails: mails
          .map(({ subject }) => subject.replaceAll(orderId, "").replaceAll(/ +/g, " ").trim())
          .toSorted(),
        listed,
        sold: sold.map(([row]) => row?.sold ?? 0),
      };
    },
    async expectBalance(): Promise<void> {
      expect((await operatorOf(mesh).get("/_weft/audit")).body).toMatchObject({
        balanced: true,
        money: { inFlight: 0 },
      });
    },
    /** Takes participants off their queues: what is sent to them is lost. Or puts them back. */
    async lose(names: readonly string[], lossy: boolean): Promise<void> {
      await Promise.all(names.map((name) => mesh.lose(`${name}-events`, lossy)));
    },
    /** Hands an event to each of its subscribers, so many times, and waits until they have dealt with it. */
    async deliver(event: LoggedEvent, times: number): Promise<void> {
      const subscribers = SUBSCRIBERS[event.source.replace("/services/", "")] ?? [];
      await Promise.all(
        subscribers.map(async (subscriber) => {
          const before = linesOf(subscriber, event.id);
          for (let n = 0; n < times; n++) await mesh.deliver(`${subscriber}-events`, event);
          // Projections write no line for what goes well.
          if (subscriber === "views") return;
          await expect
            .poll(() => linesOf(subscriber, event.id), { timeout: 10_000 })
            .toBeGreaterThanOrEqual(before + times);
        }),
      );
    },
  };
}
