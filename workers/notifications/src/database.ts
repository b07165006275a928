import type { Tx } from "@weft/events";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import type * as schema from "./schema.ts";

export type Database = DrizzleD1Database<typeof schema>;

/** What the parts of this service read from and write through. */
export interface Writing {
  readonly db: Database;
  readonly tx: Tx;
}
