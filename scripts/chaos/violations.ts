import type { Books } from "./books.ts";

/** Statuses in which nothing is under way, and what the order's parcel must have become by then. */
const PARCEL: Record<string, string | undefined> = { confirmed: "preparing", cancelled: "cancelled" };
const FINAL = new Set(["confirmed", "rejected", "cancelled"]);

/** What is missing, doubled or otherwise not as the orders say, each with the order's or product's id; empty if all is well. */
export function violations(books: Books): string[] {
  const { orders, payments, shipments, listed, news, mails, sales } = books;
  const known = new Set(orders.map(({ orderId }) => orderId));
  const paid = byOrder(payments);
  const parcels = byOrder(shipments);
  const views = byOrder(listed);
  const told = Map.groupBy(mails, ({ causeId }) => causeId);
  const causes = new Set(news.map(({ id }) => id));
  const strangers = (what: string, rows: readonly { orderId: string }[]) =>
    rows.flatMap(({ orderId }) => (known.has(orderId) ? [] : [`${orderId}: a ${what}, but no order`]));

  return [
    ...orders.flatMap(({ orderId, status, steps }) => {
      const parcel = PARCEL[status] ?? "none";
      const ofView = views.get(orderId) ?? [];
      const [view] = ofView;
      const ofParcel = parcels.get(orderId) ?? [];
      const payment = paid.get(orderId)?.[0]?.status ?? null;
      return [
        FINAL.has(status) ? "" : `is still ${status}`,
        ofView.length === 1 ? "" : `is ${ofView.length} times in the list`,
        view && differs("listed as", view.status, status),
        view && differs("listed with the history", view.steps, steps),
        view && differs("listed with the payment", view.payment, payment),
        view && differs("listed with the parcel", view.shipment ?? "none", parcel),
        ofParcel.length > 1 ? `has ${ofParcel.length} parcels` : "",
        differs("has the parcel", ofParcel[0]?.status ?? "none", parcel),
      ].flatMap((problem) => (problem ? [`${orderId} (${status}): ${problem}`] : []));
    }),
    ...news.flatMap(({ id, orderId }) => {
      const ofEvent = told.get(id) ?? [];
      if (ofEvent.length !== 1) return [`${orderId}: ${ofEvent.length} mails tell of event ${id}`];
      return ofEvent[0]?.sent ? [] : [`${orderId}: the mail of event ${id} is not sent`];
    }),
    ...mails.flatMap(({ causeId, orderId }) =>
      causes.has(causeId) ? [] : [`${orderId}: a mail without an event (${causeId})`],
    ),
    ...strangers("listing", listed),
    ...strangers("parcel", shipments),
    ...sales.flatMap(({ productId, units, viewed, counted }) => [
      ...(viewed === units
        ? []
        : [`${productId}: ${units} units are sold, recommendations know of ${viewed}`]),
      ...(counted === units ? [] : [`${productId}: ${units} units are sold, the catalog counted ${counted}`]),
    ]),
  ];
}

function byOrder<Row extends { orderId: string }>(rows: readonly Row[]): Map<string, Row[]> {
  return Map.groupBy(rows, ({ orderId }) => orderId);
}

function differs(what: string, actual: string | null, expected: string | null): string {
  return actual === expected ? "" : `${what} "${actual}", not "${expected}"`;
}
