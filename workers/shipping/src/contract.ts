import { contract, pageInput, pageOf, query } from "@weft/mesh";
import * as z from "zod";
import { AnyRate } from "./rates.ts";
import { Parcel } from "./rates-contract.ts";

export const ShipmentStatus = z.enum(["preparing", "cancelled"]);
export const Shipment = z.object({
  id: z.string(),
  orderId: z.string(),
  status: ShipmentStatus,
  createdAt: z.iso.datetime(),
});

const ShipmentFacts = z.object({ shipmentId: z.string(), orderId: z.string(), userId: z.string() });

/** Parcels: one for each confirmed order; and what they cost. */
export const shipping = contract(
  "shipping",
  {
    listOpen: query("GET /internal/shipments", {
      summary: "Open shipments of the signed-in user, newest first",
      input: z.object(pageInput),
      output: pageOf(Shipment),
      auth: "user",
      timeout: 1_000,
      allow: ["gateway"],
    }),
    getRates: query("GET /v1/shipping-rates", {
      summary: "What shipping costs; a flat rate, marked `degraded`, while that cannot be worked out",
      input: Parcel,
      output: AnyRate,
      timeout: 2_000,
      allow: ["gateway"],
    }),
  },
  {
    events: {
      "shipment.prepared": ShipmentFacts,
      "shipment.stopped": ShipmentFacts,
    },
    readers: ["views"],
  },
);
