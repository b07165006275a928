import { describe, expect, it } from "vitest";
import type { Books } from "./books.ts";
import { violations } from "./violations.ts";

const steps = "pending,confirmed,cancelling,cancelled";

/** One order that was bought and one that was cancelled, with all that must have come of them. */
const sound = (): Books => ({
  orders: [
    { orderId: "ord_1", status: "confirmed", steps: "pending,confirmed" },
    { orderId: "ord_2", status: "cancelled", steps },
    { orderId: "ord_3", status: "rejected", steps: "pending,rejected" },
  ],
  payments: [
    { orderId: "ord_1", status: "captured" },
    { orderId: "ord_2", status: "refunded" },
  ],
  shipments: [
    { orderId: "ord_1", status: "preparing" },
    { orderId: "ord_2", status: "cancelled" },
  ],
  listed: [
    {
      orderId: "ord_1",
      status: "confirmed",
      steps: "pending,confirmed",
      payment: "captured",
      shipment: "preparing",
    },
    { orderId: "ord_2", status: "cancelled", steps, payment: "refunded", shipment: "cancelled" },
    { orderId: "ord_3", status: "rejected", steps: "pending,rejected", payment: null, shipment: null },
  ],
  news: [
    { id: "e1", orderId: "ord_1" },
    { id: "e2", orderId: "ord_2" },
  ],
  mails: [
    { causeId: "e1", orderId: "ord_1", sent: 1 },
    { causeId: "e2", orderId: "ord_2", sent: 1 },
  ],
  sales: [{ productId: "prod_001", units: 2, viewed: 2, counted: 2 }],
});

function at<T>(rows: readonly T[], index: number): T {
  const row = rows[index];
  if (!row) throw new RangeError(`There is no row ${index}.`);
  return row;
}

type Break = (books: Books) => unknown;
const broken: [string, Break, RegExp][] = [
  [
    "an order that is not final",
    (b) => Object.assign(b.orders[0] ?? {}, { status: "pending" }),
    /ord_1 .*still pending/,
  ],
  ["an order that is not listed", (b) => b.listed.shift(), /ord_1 .*0 times in the list/],
  [
    "an order that is listed twice",
    (b) => b.listed.push({ ...at(b.listed, 0) }),
    /ord_1 .*2 times in the list/,
  ],
  [
    "a listed status that is old",
    (b) => (at(b.listed, 1).status = "cancelling"),
    /ord_2 .*listed as "cancelling"/,
  ],
  [
    "a history with a step twice",
    (b) => (at(b.listed, 0).steps = "pending,pending,confirmed"),
    /ord_1 .*history/,
  ],
  [
    "a payment that is old",
    (b) => (at(b.listed, 1).payment = "captured"),
    /ord_2 .*payment "captured", not "refunded"/,
  ],
  [
    "a parcel that the list lacks",
    (b) => (at(b.listed, 0).shipment = null),
    /ord_1 .*listed with the parcel "none"/,
  ],
  ["a parcel that is missing", (b) => b.shipments.shift(), /ord_1 .*has the parcel "none"/],
  [
    "a parcel that was not stopped",
    (b) => (at(b.shipments, 1).status = "preparing"),
    /ord_2 .*"preparing", not "cancelled"/,
  ],
  ["two parcels", (b) => b.shipments.push({ ...at(b.shipments, 0) }), /ord_1 .*2 parcels/],
  [
    "a parcel of a rejected order",
    (b) => b.shipments.push({ orderId: "ord_3", status: "preparing" }),
    /ord_3 .*"preparing", not "none"/,
  ],
  [
    "a parcel of no order",
    (b) => b.shipments.push({ orderId: "ord_9", status: "preparing" }),
    /ord_9: a parcel, but no order/,
  ],
  ["a mail that is missing", (b) => b.mails.shift(), /ord_1: 0 mails tell of event e1/],
  ["a mail that is doubled", (b) => b.mails.push({ ...at(b.mails, 1) }), /ord_2: 2 mails tell of event e2/],
  ["a mail that was not sent", (b) => (at(b.mails, 0).sent = 0), /ord_1: .*e1 is not sent/],
  [
    "a mail that nothing asked for",
    (b) => b.mails.push({ causeId: "e3", orderId: "ord_3", sent: 1 }),
    /ord_3: a mail without/,
  ],
  [
    "units that are counted twice",
    (b) => (at(b.sales, 0).viewed = 4),
    /prod_001: 2 units are sold, recommendations know of 4/,
  ],
  ["units that the catalog missed", (b) => (at(b.sales, 0).counted = 0), /prod_001: .*the catalog counted 0/],
];

describe("the books after a chaos run", () => {
  it("are in order when every service tells the same", () => {
    expect(violations(sound())).toEqual([]);
  });

  it.each(broken)("are not with %s", (_, damage, problem) => {
    const books = sound();
    damage(books);
    expect(violations(books)).toContainEqual(expect.stringMatching(problem));
  });
});
