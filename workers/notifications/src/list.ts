import { afterCursor, type OutputOf, toPage } from "@weft/mesh";
import { desc, sql } from "drizzle-orm";
import * as z from "zod";
import type { notifications as contract } from "./contract.ts";
import type { Db } from "./outbox.ts";
import { notifications } from "./schema.ts";

const Key = z.tuple([z.int(), z.string()]);

/** The outbox, newest first. Throws VALIDATION_FAILED for a cursor of another list. */
export async function listNotifications(
  db: Db,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<OutputOf<typeof contract.operations.list>> {
  const after = afterCursor(cursor, Key);
  const found = await db
    .select()
    .from(notifications)
    .where(after && sql`(${notifications.createdAt}, ${notifications.id}) < (${after[0]}, ${after[1]})`)
    .orderBy(desc(notifications.createdAt), desc(notifications.id))
    .limit(limit + 1);
  const { rows, nextCursor } = toPage(found, limit, (row) => [row.createdAt, row.id]);
  return {
    items: rows.map(({ id, recipient, subject, text, status, attempts, createdAt }) => ({
      id,
      to: recipient ?? "",
      subject,
      text,
      status,
      attempts,
      createdAt: new Date(createdAt).toISOString(),
    })),
    nextCursor,
  };
}
