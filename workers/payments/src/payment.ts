import type { Aggregate } from "@weft/events";
import { payments as contract } from "./contract.ts";
import type { Payment } from "./schema.ts";

/** An order's payment as its events tell it; null before the authorization. */
export const paymentHistory: Aggregate<Payment | null, typeof contract.events> = {
  name: "payment",
  contract,
  initial: null,
  apply: {
    "payment.authorized": (_, { data: { orderId, userId, amount } }) => ({
      orderId,
      userId,
      ...amount,
      status: "authorized",
    }),
    "payment.captured": (payment) => payment && { ...payment, status: "captured" },
    "payment.voided": (payment) => payment && { ...payment, status: "voided" },
    "payment.refunded": (payment) => payment && { ...payment, status: "refunded" },
  },
  snapshots: { every: 2, version: 1 },
};
