import { notifications as contract } from "./contract.ts";
import type { Database, Writing } from "./database.ts";
import { customers, notifications } from "./schema.ts";
import type { Mail } from "./templates.ts";

/** What a mail tells of, once, and to whom. */
interface Occasion {
  /** The event's or command's id. */
  readonly causeId: string;
  readonly orderId?: string;
  /** Undefined if only the order's events can tell. */
  readonly userId?: string;
}

/** Whoever waits for the news of an order comes before those who are greeted. */
export const PRIORITY = { order: 10, greeting: 0 } as const;

/** Keeps a rendered mail and leaves its delivery as a task. */
export function enqueue(
  { db, tx }: Writing,
  { causeId, orderId, userId }: Occasion,
  { subject, text }: Mail,
  priority: number,
): void {
  const id = `ntf_${causeId}`;
  tx.add(
    db
      .insert(notifications)
      .values({ id, causeId, orderId, userId, subject, text, createdAt: tx.now })
      .onConflictDoNothing({ target: notifications.causeId }),
  );
  tx.send(contract, "mail.deliver", { notificationId: id }, { id, priority });
}

export function rememberCustomer(db: Database, { orderId, userId }: { orderId: string; userId: string }) {
  return db.insert(customers).values({ orderId, userId }).onConflictDoNothing();
}
