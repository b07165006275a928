import * as z from "zod";

/** Names that are part of paths, log lines and tokens. */
const Name = z.string().regex(/^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/, {
  error: "Use 1 to 63 of a-z, 0-9, dot, hyphen and underscore; letters or digits at both ends",
});

/** What names one place where a service runs outside Workers. */
export const InstanceName = z.object({ service: Name, id: Name });
export type InstanceName = z.infer<typeof InstanceName>;

/** What an instance says of itself. */
export const Registration = InstanceName.extend({
  url: z
    .url({ protocol: /^https?$/ })
    .describe("Where it answers; a path is put before the operations' paths"),
  version: z.string().min(1).max(64),
  zone: z.string().max(64).optional().describe("Shown to operators"),
  weight: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe("Under load, twice the weight gets twice the requests at equal latency"),
  healthPath: z
    .string()
    .startsWith("/")
    .max(200)
    .default("/health")
    .describe("GET answers 2xx while it is well"),
  ttl: z.int().min(2).max(300).default(30).describe("Seconds without a renewal until it is forgotten"),
});
export type Registration = z.output<typeof Registration>;

/** What an instance needs to know to stay registered. */
export const Lease = InstanceName.extend({
  ttl: z.number().describe("Seconds until the instance is forgotten unless it renews"),
  renewAfter: z.number().describe("Seconds after which to renew"),
  key: z.string().describe("Calls to the service carry a token that is signed with it (HS256)"),
});
export type Lease = z.infer<typeof Lease>;

/** An instance as its callers see it. */
export const Endpoint = InstanceName.omit({ service: true }).extend({
  url: z.string(),
  version: z.string(),
  zone: z.string().optional(),
  weight: z.number(),
  healthy: z.boolean(),
});
export type Endpoint = z.infer<typeof Endpoint>;

/** All the instances of a service. Without `content` it is the one that the caller has already. */
export const Snapshot = z.object({
  /** Changes with the content: an ETag. */
  version: z.string(),
  content: z.object({ key: z.string(), endpoints: z.array(Endpoint) }).optional(),
});
export type Snapshot = z.infer<typeof Snapshot>;
