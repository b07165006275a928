import type { Logged } from "../event.ts";
import type { Stored } from "../store.ts";

/** What a saga's rows hold: first what it began with, then lists of events that were written together. */
export type Entry = Stored | readonly Logged[];

export interface EntryRow {
  readonly entry: string;
}

/** A saga from all its rows; undefined from none. */
export function readEntries(rows: readonly EntryRow[]): Stored | undefined {
  const [first, ...rest] = rows.map(({ entry }) => JSON.parse(entry) as Entry);
  if (first === undefined) return undefined;
  const { head, log } = first as Stored;
  return { head, log: [...log, ...(rest as Logged[][]).flat()] };
}
