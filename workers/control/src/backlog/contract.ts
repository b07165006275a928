import { Backlog } from "@weft/events/backlog";
import { query } from "@weft/mesh";
import * as z from "zod";

/** The services with a database. */
export const KEEPERS = [
  "catalog",
  "checkout",
  "inventory",
  "notifications",
  "orders",
  "payments",
  "shipping",
  "users",
  "views",
] as const;

const operators = { auth: "operator", timeout: 5_000, allow: ["gateway"] } as const;

export const backlogOperations = {
  backlog: query("GET /internal/backlog", {
    summary: "What waits in each service, and for how long",
    output: z.object({
      items: z.array(Backlog.extend({ service: z.enum(KEEPERS) })),
      degraded: z.array(z.enum(KEEPERS)).describe("Services that did not answer: theirs is missing here"),
    }),
    ...operators,
  }),
  metrics: {
    ...query("GET /internal/metrics", {
      summary: "Gauges in the text format of Prometheus",
      output: z.unknown(),
      ...operators,
    }),
    stream: "text/plain; version=0.0.4; charset=utf-8",
  },
};
