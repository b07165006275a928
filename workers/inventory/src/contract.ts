import { command, contract, query } from "@weft/mesh";
import * as z from "zod";

export const Stock = z.object({ productId: z.string(), available: z.int() });
export type Stock = z.infer<typeof Stock>;
const Reservation = z.object({
  orderId: z.string(),
  status: z.enum(["held", "committed", "released", "expired", "returned"]),
});
const OrderId = z.object({ orderId: z.string() });

/** How many of each product there are. A reservation holds units until it is committed, released or expires. */
export const inventory = contract(
  "inventory",
  {
    getStock: query("GET /internal/stock/:productId", {
      input: z.object({ productId: z.string() }),
      output: Stock,
      errors: { STOCK_UNKNOWN: 404 },
      timeout: 500,
      allow: ["gateway"],
    }),
    getStocks: query("GET /internal/stock", {
      input: z.object({
        productIds: z
          .string()
          .refine((ids) => ids.split(",").length <= 100, "At most 100 ids")
          .describe("at most 100 ids, comma-separated"),
      }),
      output: z.object({ items: z.array(Stock) }),
      timeout: 500,
      allow: ["gateway"],
    }),
    reserve: command("POST /internal/reservations", {
      input: z.object({
        orderId: z.string(),
        items: z.array(z.object({ productId: z.string(), quantity: z.int().min(1) })).min(1),
      }),
      output: Reservation,
      errors: { OUT_OF_STOCK: 409 },
      timeout: 2_000,
      fenced: "do",
      allow: ["checkout"],
    }),
    release: command("POST /internal/reservations/:orderId/release", {
      input: OrderId,
      output: Reservation.partial(),
      timeout: 2_000,
      fenced: "undo",
      allow: ["checkout"],
    }),
    commit: command("POST /internal/reservations/:orderId/commit", {
      input: OrderId,
      output: Reservation,
      errors: { RESERVATION_NOT_FOUND: 404, OUT_OF_STOCK: 409 },
      timeout: 2_000,
      fenced: "do",
      allow: ["checkout"],
    }),
    audit: command("POST /internal/audit", {
      summary: "Units over all products; the orders named in `open` are counted apart",
      input: z.object({ open: z.array(z.string()) }),
      output: z.object({
        /** Units ever put on the shelf. */
        received: z.int(),
        /** Units there now: available and reserved. */
        onHand: z.int(),
        /** Units held for reservations. */
        reserved: z.int(),
        /** Units that left for open orders. */
        inFlight: z.int(),
      }),
      idempotent: true,
      allow: ["control"],
    }),
  },
  { events: { "stock.returned": z.object({ orderId: z.string() }) }, readers: ["orders"] },
);
