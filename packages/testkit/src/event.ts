import { type Contract, type EventTypes, formatTraceparent, newTrace, eventVersion } from "@weft/mesh";
import type * as z from "zod";

/** What sets one event apart from the next; all of it has a default. */
export interface EventPlace {
  id?: string;
  /** ms since the epoch */
  at?: number;
  /** Position in the publisher's log. */
  seq?: number;
  /** Position among the events of its subject. */
  subjectSeq?: number;
}

/** An event as the publisher of a contract would send it (CloudEvents 1.0), checked against the contract. */
export function eventOf<E extends EventTypes, T extends keyof E & string>(
  contract: Pick<Contract<never, E>, "name" | "events">,
  type: T,
  subject: string,
  data: z.input<E[T]>,
  {
    at = Date.UTC(2026, 10, 21),
    subjectSeq = 1,
    seq = subjectSeq,
    id = `${type}/${subject}/${subjectSeq}`,
  }: EventPlace = {},
) {
  const schema = contract.events[type];
  return {
    specversion: "1.0" as const,
    id,
    source: `/services/${contract.name}`,
    type,
    subject,
    time: new Date(at).toISOString(),
    datacontenttype: "application/json" as const,
    dataschema: `urn:weft:${contract.name}:${type}:${schema ? eventVersion(schema) : 1}`,
    traceparent: formatTraceparent(newTrace()),
    sequence: seq,
    subjectsequence: subjectSeq,
    data: schema?.parse(data),
  };
}
