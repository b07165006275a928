import { type SQL, sql } from "drizzle-orm";
import { inbox } from "./schema.ts";

/** A condition for what is noted about an event's failure: at the same moment, another attempt may succeed. */
export function unlessApplied(source: string, eventId: string): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM ${inbox} WHERE ${inbox.source} = ${source} AND ${inbox.eventId} = ${eventId})`;
}
