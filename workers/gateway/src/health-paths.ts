import type { OpenApiOptions } from "@weft/gateway";
import { Health } from "@weft/mesh";
import * as z from "zod";

/** The probes in the words of OpenAPI: they are no contract's operations. */
export const healthPaths: NonNullable<OpenApiOptions["paths"]> = {
  "/health": {
    get: {
      operationId: "getHealth",
      tags: ["health"],
      summary: "Whether the gateway runs",
      responses: {
        "200": {
          description: "It does",
          content: { "application/json": { schema: z.object({ status: z.literal("UP") }) } },
        },
      },
    },
  },
  "/health/detailed": {
    get: {
      operationId: "getDetailedHealth",
      tags: ["health"],
      summary: "The state of every service and what it depends on",
      responses: {
        "200": {
          description: "Also when something is down",
          content: {
            "application/json": {
              schema: z.object({ status: z.enum(["UP", "DEGRADED"]), checks: Health.shape.checks }),
            },
          },
        },
      },
    },
  },
};
