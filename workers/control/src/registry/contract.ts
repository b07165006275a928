import { command, query } from "@weft/mesh";
import { Endpoint, InstanceName, Lease, Registration, Snapshot } from "@weft/mesh/registry";
import * as z from "zod";

const DAY = 86_400;

/** Where services outside Workers are found. Whoever registers shows the gateway a registration token. */
export const registryOperations = {
  register: command("POST /internal/registrations", {
    summary: "An instance is there, and how to reach it. Repeating it renews the lease",
    input: Registration,
    output: Lease,
    status: 201,
    errors: { ADDRESS_NOT_ALLOWED: 400, REGISTRY_FULL: 409 },
    idempotent: true,
    allow: ["gateway"],
  }),
  renew: command("PUT /internal/registrations/:service/:id", {
    summary: "An instance is still there",
    input: InstanceName,
    output: Lease,
    errors: { NOT_REGISTERED: 404 },
    idempotent: true,
    allow: ["gateway"],
  }),
  deregister: command("DELETE /internal/registrations/:service/:id", {
    summary: "An instance goes; one that is not known has gone already",
    input: InstanceName,
    output: z.undefined(),
    status: 204,
    idempotent: true,
    allow: ["gateway"],
  }),
  issueRegistrationToken: command("POST /internal/registration-tokens", {
    summary: "A token to register instances of one service with",
    input: z.object({
      service: InstanceName.shape.service,
      lifetime: z
        .int()
        .min(60)
        .max(365 * DAY)
        .default(30 * DAY)
        .describe("s"),
    }),
    output: z.object({ token: z.string(), expiresAt: z.iso.datetime() }),
    status: 201,
    auth: "operator",
    allow: ["gateway"],
  }),
  listInstances: query("GET /internal/registry", {
    summary: "Every registered instance",
    output: z.object({
      items: z.array(
        Endpoint.extend({
          service: z.string(),
          registeredAt: z.iso.datetime(),
          expiresAt: z.iso.datetime(),
          checkedAt: z.iso.datetime(),
        }),
      ),
    }),
    auth: "operator",
    allow: ["gateway"],
  }),
  findInstances: query("GET /internal/registry/:service", {
    summary: "A service's instances; without content if `version` is still the newest",
    input: z.object({ service: InstanceName.shape.service, version: z.string().optional() }),
    output: Snapshot,
    timeout: 1_000,
    allow: ["shipping"],
  }),
};
