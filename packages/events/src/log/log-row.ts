import { getTableColumns, sql } from "drizzle-orm";
import { eventLog } from "./schema.ts";

/** Most data of an event that travels in messages and log pages, bytes: half of what a queue takes in one message. */
export const MAX_INLINE_DATA = 65_536;
/** Most data of an event, bytes: half of what D1 takes in one row. */
export const MAX_DATA = 1_048_576;

export const dataSize = sql<number>`length(CAST(${eventLog.data} AS BLOB))`;

const { sentAt: _sent, triedAt: _tried, ...columns } = getTableColumns(eventLog);

/** An event without the data that is too large to travel: however many rows are read, they fit into memory. */
export const rowColumns = {
  ...columns,
  data: sql<unknown>`CASE WHEN ${dataSize} <= ${sql.raw(`${MAX_INLINE_DATA}`)} THEN ${eventLog.data} END`.mapWith(
    eventLog.data,
  ),
  large: sql<boolean>`${dataSize} > ${sql.raw(`${MAX_INLINE_DATA}`)}`.mapWith(Boolean),
};

export type EventRow = Omit<typeof eventLog.$inferSelect, "sentAt" | "triedAt"> & {
  /** `data` was left out. */
  readonly large?: boolean;
};
