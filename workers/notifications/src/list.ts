import { afterCursor, type OutputOf, toPage } from "@weft/mesh";
import { desc, eq, sql } from "drizzle-orm";
import * as z from "zod";
import type { notifications as contract } from "./contract.ts";
import type { Database } from "./database.ts";
import { notifications, tasks } from "./schema.ts";

const Key = z.tuple([z.int(), z.string()]);

/** The e-mails, newest first. Throws VALIDATION_FAILED for a cursor of another list. */
export async function listNotifications(
  db: Database,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<OutputOf<typeof contract.operations.list>> {
  const after = afterCursor(cursor, Key);
  const found = await db
    .select({ mail: notifications, attempts: tasks.attempts, dueAt: tasks.dueAt })
    .from(notifications)
    .leftJoin(tasks, eq(tasks.id, notifications.id))
    .where(after && sql`(${notifications.createdAt}, ${notifications.id}) < (${after[0]}, ${after[1]})`)
    .orderBy(desc(notifications.createdAt), desc(notifications.id))
    .limit(limit + 1);
  const { rows, nextCursor } = toPage(found, limit, ({ mail }) => [mail.createdAt, mail.id]);
  return {
    items: rows.map(({ mail: { id, recipient, subject, text, sentAt, createdAt }, attempts, dueAt }) => ({
      id,
      to: recipient ?? "",
      subject,
      text,
      status: sentAt !== null ? "sent" : dueAt === null ? "failed" : "queued",
      attempts: attempts ?? 0,
      createdAt: new Date(createdAt).toISOString(),
    })),
    nextCursor,
  };
}
