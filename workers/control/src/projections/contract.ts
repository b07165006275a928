import { ProjectionReport } from "@weft/events/projections";
import { command, query } from "@weft/mesh";
import * as z from "zod";

/** A projection as operators see it: with the service that it belongs to. */
const Report = ProjectionReport.extend({ service: z.string() });
const Name = z.object({ service: z.string(), name: z.string() });
const forOperators = { auth: "operator", timeout: 5_000, allow: ["gateway"] } as const;
const errors = { PROJECTION_NOT_FOUND: 404 };

export const projectionOrders = {
  projections: query("GET /internal/projections", {
    summary: "All projections: how far they are, and their last rebuild",
    output: z.object({ items: z.array(Report) }),
    ...forOperators,
  }),
  rebuildProjection: command("POST /internal/projections/:service/:name/rebuild", {
    summary:
      "Make a projection anew from the first event on, beside what is read; one that is under way goes on",
    input: Name,
    output: Report,
    status: 202,
    errors,
    idempotent: true,
    ...forOperators,
  }),
  cancelRebuild: command("DELETE /internal/projections/:service/:name/rebuild", {
    summary: "End a rebuild; what is read stays as it was",
    input: Name,
    output: Report,
    errors,
    idempotent: true,
    ...forOperators,
  }),
};
