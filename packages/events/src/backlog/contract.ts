import { contract, query } from "@weft/mesh";
import * as z from "zod";

const age = z.number().nullable().describe("Of the oldest one, s; null if there is none, or it is not known");

/** What waits in one service. Whoever is not there has nothing of the kind. */
export const Backlog = z.object({
  subscriptions: z.array(
    z.object({
      source: z.string().describe("The publisher"),
      lag: z.int().nullable().describe("Events not applied yet; null if the publisher cannot be reached"),
      age,
    }),
  ),
  projections: z.array(
    z.object({
      name: z.string(),
      source: z.string(),
      lag: z.int().nullable().describe("Events not applied yet; null if the publisher cannot be reached"),
    }),
  ),
  letters: z.array(z.object({ source: z.string(), status: z.enum(["failing", "dead"]), count: z.int() })),
  waiting: z
    .array(
      z.object({
        what: z.enum(["events", "commands", "tasks"]),
        count: z.int(),
        age,
      }),
    )
    .describe("Events that some queue has not taken, commands not handed over, tasks that are due"),
});
export type Backlog = z.infer<typeof Backlog>;

/** The operation by which control sees what waits in a service with a database. */
export function backlogOf(service: string) {
  return contract(service, {
    backlog: query("GET /internal/backlog", {
      summary: "What waits in this service, and for how long",
      output: Backlog,
      fresh: true,
      timeout: 3_000,
      allow: ["control"],
    }),
  });
}
