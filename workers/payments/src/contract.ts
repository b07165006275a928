import { command, contract, event, query } from "@weft/mesh";
import * as z from "zod";

/** Minor units (cents) and an ISO 4217 code. */
export const Money = z.object({ amount: z.int().min(0), currency: z.string().length(3) });
export type Money = z.infer<typeof Money>;

export const PaymentStatus = z.enum(["authorized", "captured", "voided", "refunded"]);

const Payment = z.object({
  orderId: z.string(),
  status: PaymentStatus,
  amount: Money,
});
const Moved = z.object({ orderId: z.string(), amount: Money });
const OrderId = z.object({ orderId: z.string() });

/** Money: an authorization holds it, a capture takes it, a void or refund gives it back. */
export const payments = contract(
  "payments",
  {
    authorize: command("POST /internal/payments", {
      input: z.object({ orderId: z.string(), userId: z.string(), amount: Money, paymentToken: z.string() }),
      output: Payment,
      errors: { PAYMENT_DECLINED: 402 },
      timeout: 4_000,
      fenced: "do",
      allow: ["checkout"],
    }),
    void: command("POST /internal/payments/:orderId/void", {
      input: OrderId,
      output: Payment.partial(),
      fenced: "undo",
      allow: ["checkout"],
    }),
    capture: command("POST /internal/payments/:orderId/capture", {
      input: OrderId,
      output: Payment,
      errors: { PAYMENT_NOT_FOUND: 404, PAYMENT_NOT_AUTHORIZED: 409 },
      timeout: 4_000,
      fenced: "do",
      allow: ["checkout"],
    }),
    getPayments: query("GET /internal/payments", {
      summary: "The payments of these orders; only those that the signed-in user has made",
      input: z.object({
        orderIds: z
          .string()
          .refine((ids) => ids.split(",").length <= 100, "At most 100 ids")
          .describe("at most 100 ids, comma-separated"),
      }),
      output: z.object({ items: z.array(Payment) }),
      auth: "user",
      timeout: 500,
      allow: ["gateway"],
    }),
    audit: command("POST /internal/audit", {
      summary: "Sums over the ledger; the orders named in `open` are counted apart",
      input: z.object({ open: z.array(z.string()) }),
      output: z.object({
        /** Captured and not refunded, over the orders that are not open; minor units. */
        settled: z.int(),
        /** Held or captured for open orders. */
        inFlight: z.int(),
        /** Held for orders that are not open: 0 unless somebody's money was forgotten. */
        stranded: z.int(),
        /** Sum of all ledger entries; 0 in a sound double-entry ledger. */
        ledgerSum: z.int(),
      }),
      idempotent: true,
      allow: ["control"],
    }),
    rebuildLedger: command("POST /internal/ledger/rebuild", {
      summary: "Work out the ledger of some orders from their events, and compare it with the one in use",
      input: z.object({
        after: z.string().default("").describe("The `next` of the page before"),
        limit: z.int().min(1).max(500).default(100).describe("Most orders to look at"),
        replace: z.boolean().default(false).describe("Put what the events say in the place of what differs"),
      }),
      output: z.object({
        checked: z.int(),
        different: z.array(z.string()).describe("Orders whose rows are not what their events say"),
        replaced: z.boolean(),
        next: z.string().nullable().describe("Where to go on; null at the end"),
      }),
      auth: "operator",
      idempotent: true,
      allow: ["gateway"],
    }),
  },
  {
    events: {
      "payment.authorized": event({
        version: 2,
        data: Moved.extend({ userId: z.string() }),
        // Version 1 did not say who pays.
        upcasters: { 1: (moved: z.output<typeof Moved>) => ({ ...moved, userId: "unknown" }) },
      }),
      "payment.captured": Moved,
      "payment.voided": Moved,
      "payment.refunded": Moved,
    },
    readers: ["orders", "views", "notifications"],
  },
);
