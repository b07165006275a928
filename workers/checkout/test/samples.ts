import type { Order } from "@shop/orders/contract";
import type { Checkout } from "../src/outcome.ts";
import type { PricedOrder } from "../src/place-order.ts";

const at = "2026-11-21T10:00:00.000Z";
const items: Order["items"] = [
  { productId: "prod_001", name: "Lamp", quantity: 2, price: { amount: 1_250, currency: "EUR" } },
];
const total = { amount: 2_500, currency: "EUR" };

export const priced: PricedOrder = {
  orderId: "ord_1",
  userId: "usr_1",
  items,
  total,
  paymentToken: "tok_ok",
};

export const order = (status: Order["status"]): Order => ({
  id: "ord_1",
  status,
  items,
  total,
  timeline: [{ status, at }],
});

/** The saga of `priced` as it is right after its start. */
export const snapshot = (parts: Partial<Checkout> = {}): Checkout => ({
  id: "ord_1",
  definition: "place-order",
  version: 1,
  hash: "h",
  state: "RUNNING",
  settled: false,
  input: priced,
  results: {},
  undone: [],
  parked: [],
  missing: undefined,
  failure: undefined,
  startedAt: Date.parse(at),
  updatedAt: Date.parse(at),
  dueAt: Date.parse(at),
  ...parts,
});
