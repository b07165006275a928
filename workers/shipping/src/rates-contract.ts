import { Money } from "@shop/payments/contract";
import { command, contract } from "@weft/mesh";
import * as z from "zod";

/** What a price is asked for. */
export const Parcel = z.object({
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "Use an ISO 3166-1 code of two letters")
    .describe("Destination"),
  items: z.int().min(1).max(100),
  weight: z.int().min(1).max(100_000).default(500).describe("All items together, g"),
});
export type Parcel = z.output<typeof Parcel>;

export const Rate = z.object({ price: Money, days: z.int().min(0).describe("Until delivery") });
export type Rate = z.infer<typeof Rate>;

/** What parcels cost. It runs outside Workers, in another language: rates/quote_server.py. */
export const shippingRates = contract("shipping-rates", {
  quote: command("POST /internal/quotes", {
    input: Parcel,
    output: Rate,
    timeout: 1_500,
    idempotent: true,
    allow: ["shipping"],
  }),
});
