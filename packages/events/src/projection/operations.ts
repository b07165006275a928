import { command, query } from "@weft/mesh";
import * as z from "zod";

const RebuildState = z.enum(["running", "done", "failed", "cancelled"]);

/** How far a projection is. Positions count the events of a log, from 1. */
export const ProjectionReport = z.object({
  name: z.string(),
  /** `rebuilding`: what is read is complete, and a new copy is being made beside it. */
  state: z.enum(["live", "rebuilding"]),
  sources: z.array(
    z.object({
      source: z.string().describe("The publisher"),
      applied: z.int(),
      head: z.int().nullable().describe("The log's end; null if the publisher cannot be reached"),
      lag: z.int().nullable().describe("Events that are not applied yet"),
    }),
  ),
  rebuild: z
    .object({
      state: RebuildState,
      applied: z.int(),
      total: z.int().describe("Events in the logs when it was last looked"),
      startedAt: z.iso.datetime(),
      updatedAt: z.iso.datetime(),
      error: z.string().optional(),
    })
    .nullable()
    .describe("The last one"),
});
export type ProjectionReport = z.infer<typeof ProjectionReport>;

const Name = z.object({ name: z.string() });
const errors = { PROJECTION_NOT_FOUND: 404 };

/** What a service with projections answers to control; goes into its contract. */
export const projectionOperations = {
  listProjections: query("GET /internal/projections", {
    summary: "The service's projections and how far they are",
    output: z.object({ items: z.array(ProjectionReport) }),
    fresh: true,
    allow: ["control"],
  }),
  rebuildProjection: command("POST /internal/projections/:name/rebuild", {
    summary: "Makes a projection anew from the first event on; one that is under way goes on",
    input: Name,
    output: ProjectionReport,
    status: 202,
    errors,
    idempotent: true,
    allow: ["control"],
  }),
  cancelRebuild: command("DELETE /internal/projections/:name/rebuild", {
    summary: "Ends a rebuild that is under way; what is read stays as it was",
    input: Name,
    output: ProjectionReport,
    errors,
    idempotent: true,
    allow: ["control"],
  }),
};
