import * as z from "zod";
import type { EventRow } from "./log-row.ts";

/**
 * CloudEvents 1.0 in structured mode (https://github.com/cloudevents/spec), with the `sequence`,
 * `traceparent` and `dataref` extensions.
 */
export interface Envelope<T extends string = string, D = unknown> {
  readonly specversion: "1.0";
  /** With `source` unique for each distinct event. */
  readonly id: string;
  /** `/services/<name>` */
  readonly source: string;
  readonly type: T;
  readonly subject: string;
  /** RFC 3339 */
  readonly time: string;
  readonly datacontenttype: "application/json";
  /** `urn:weft:<service>:<type>:<version>`; version 1 if it is missing. */
  readonly dataschema?: string | undefined;
  readonly traceparent: string;
  /** Position in the publisher's log, from 1, without holes. */
  readonly sequence: number;
  /** Position among the events of the same subject, from 1. */
  readonly subjectsequence: number;
  /** Instead of `data` that is too large for a message: where the publisher has it. */
  readonly dataref?: string | undefined;
  readonly data: D;
}

export const Envelope: z.ZodType<Envelope> = z.object({
  specversion: z.literal("1.0"),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
  subject: z.string(),
  time: z.iso.datetime(),
  datacontenttype: z.literal("application/json"),
  dataschema: z
    .string()
    .regex(/^urn:weft:[^:]+:[^:]+:[1-9]\d*$/)
    .optional(),
  traceparent: z.string(),
  sequence: z.int().min(1),
  subjectsequence: z.int().min(1),
  dataref: z.string().optional(),
  // Missing where there is a `dataref`.
  data: z.unknown().default(null),
});

export function toEnvelope(service: string, row: EventRow): Envelope {
  return {
    specversion: "1.0",
    id: row.id,
    source: sourceOf(service),
    type: row.type,
    subject: row.subject,
    time: new Date(row.time).toISOString(),
    datacontenttype: "application/json",
    dataschema: dataSchemaOf(service, row.type, row.version),
    traceparent: row.traceparent,
    sequence: row.seq,
    subjectsequence: row.subjectSeq,
    ...(row.large ? { data: undefined, dataref: `/internal/events/${row.id}` } : { data: row.data }),
  };
}

export function sourceOf(service: string): string {
  return `/services/${service}`;
}

export function dataSchemaOf(service: string, type: string, version: number): string {
  return `urn:weft:${service}:${type}:${version}`;
}
