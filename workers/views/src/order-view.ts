import { type Order, orders, type OrderStatus } from "@shop/orders/contract";
import { payments } from "@shop/payments/contract";
import { shipping } from "@shop/shipping/contract";
import { type Envelope, project, projection, type Writer } from "@weft/events";
import { eq } from "drizzle-orm";
import type { ListedOrder } from "./contract.ts";
import { orderTables } from "./schema.ts";

type Tables = (typeof orderTables)["live"];
type Facts = Pick<Order, "items" | "total"> & { orderId: string; userId: string };

/** Order, money and parcel of each order: what its buyer's list shows. */
export const ordersProjection = projection<Tables>({
  name: "orders",
  tables: orderTables,
  order: "subject",
  from: [
    project(orders, {
      "order.placed": ({ event, tables, write }) => [
        write.insert(tables.orderView).values(rowOf(event)),
        step(write, tables, "pending", event),
      ],
      "order.confirmed": ({ event, tables, write }) => become(write, tables, "confirmed", event),
      "order.rejected": ({ event, tables, write }) =>
        become(write, tables, "rejected", event, event.data.reason),
      "order.cancelling": ({ event, tables, write }) => become(write, tables, "cancelling", event),
      "order.cancelled": ({ event, tables, write }) => become(write, tables, "cancelled", event),
    }),
    project(payments, {
      "payment.authorized": ({ event, tables, write }) => payment(write, tables, "authorized", event.data),
      "payment.captured": ({ event, tables, write }) => payment(write, tables, "captured", event.data),
      "payment.voided": ({ event, tables, write }) => payment(write, tables, "voided", event.data),
      "payment.refunded": ({ event, tables, write }) => payment(write, tables, "refunded", event.data),
    }),
    project(shipping, {
      "shipment.prepared": ({ event, tables, write }) => shipment(write, tables, "preparing", event.data),
      "shipment.stopped": ({ event, tables, write }) => shipment(write, tables, "cancelled", event.data),
    }),
  ],
});

function rowOf({ time, data }: Envelope<string, Facts>) {
  const { orderId, userId, items, total } = data;
  const at = Date.parse(time);
  return {
    orderId,
    userId,
    status: "pending" as const,
    items,
    totalAmount: total.amount,
    totalCurrency: total.currency,
    createdAt: at,
    updatedAt: at,
  };
}

function become(
  write: Writer,
  tables: Tables,
  status: OrderStatus,
  event: Envelope<string, Facts>,
  reason?: string,
) {
  const set = { status, updatedAt: Date.parse(event.time) };
  return [
    write.update(tables.orderView).set(set).where(eq(tables.orderView.orderId, event.data.orderId)),
    step(write, tables, status, event, reason),
  ];
}

function step(
  write: Writer,
  { orderViewTimeline }: Tables,
  status: OrderStatus,
  { subjectsequence: seq, time, data: { orderId } }: Envelope<string, Facts>,
  reason?: string,
) {
  return write.insert(orderViewTimeline).values({ orderId, seq, status, at: Date.parse(time), reason });
}

function payment(
  write: Writer,
  { paymentView }: Tables,
  status: NonNullable<ListedOrder["payment"]>,
  { orderId }: { orderId: string },
) {
  return write
    .insert(paymentView)
    .values({ orderId, status })
    .onConflictDoUpdate({ target: paymentView.orderId, set: { status } });
}

function shipment(
  write: Writer,
  { shipmentView }: Tables,
  status: NonNullable<ListedOrder["shipment"]>,
  { orderId }: { orderId: string },
) {
  return write
    .insert(shipmentView)
    .values({ orderId, status })
    .onConflictDoUpdate({ target: shipmentView.orderId, set: { status } });
}
