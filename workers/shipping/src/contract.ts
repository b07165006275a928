import { contract, pageInput, pageOf, query } from "@weft/mesh";
import * as z from "zod";

export const Shipment = z.object({
  id: z.string(),
  orderId: z.string(),
  status: z.enum(["preparing", "cancelled"]),
  createdAt: z.iso.datetime(),
});

/** Parcels: one for each confirmed order. */
export const shipping = contract("shipping", {
  listOpen: query("GET /internal/shipments", {
    summary: "Open shipments of the signed-in user, newest first",
    input: z.object(pageInput),
    output: pageOf(Shipment),
    auth: "user",
    timeout: 1_000,
    allow: ["gateway"],
  }),
});
