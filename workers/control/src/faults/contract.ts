import { codes, type MeshCode } from "@weft/mesh";
import * as z from "zod";

/** Longest life of a fault, seconds: who forgets one must not be paged for it tomorrow. */
const MAX_SECONDS = 3_600;
const DEFAULT_SECONDS = 600;

const edge = z.object({
  from: z.string().min(1).describe("The calling service"),
  to: z
    .string()
    .min(1)
    .refine((to) => to !== "control", "Faults are ended through control, so it must be reachable")
    .describe("The called service"),
  operation: z.string().optional().describe("Only this operation, such as inventory.getStock"),
});
const failures = Object.keys(codes).filter((code) => codes[code as MeshCode].status >= 429) as MeshCode[];
const kinds = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("delay"), ms: z.int().min(1).max(60_000) }),
  z.object({ kind: z.literal("abort"), code: z.enum(failures as [MeshCode]).default("UNAVAILABLE") }),
]);
const percentage = z.number().gt(0).max(100).default(100);

/** A fault as operators set it. */
export const FaultOrder = z.object({
  edge,
  fault: kinds,
  percentage,
  seconds: z.int().min(1).max(MAX_SECONDS).default(DEFAULT_SECONDS),
});

/** A fault that is set. */
export const Fault = z.object({ edge, fault: kinds, percentage, until: z.iso.datetime() });
export const Faults = z.object({ items: z.array(Fault) });
