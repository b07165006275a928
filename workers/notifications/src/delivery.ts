import type { users } from "@shop/users/contract";
import { type Context, type Mesh, meshError } from "@weft/mesh";
import { eq, sql } from "drizzle-orm";
import type { Writing } from "./database.ts";
import { notifications } from "./schema.ts";
import { type MailEnv, transportOf } from "./transport.ts";

/** What no later attempt will change. */
export const PERMANENT = ["MAIL_REFUSED", "USER_NOT_FOUND"];

/** Age at which a mail is not tried again, ms: at least 4 days, as RFC 5321 (4.5.4.1) wants of mail servers. */
export const GIVE_UP = 4 * 24 * 60 * 60_000;

export interface Delivery extends Writing {
  readonly env: MailEnv;
  readonly mesh: Mesh<{ users: typeof users }>;
  readonly context: Pick<Context, "trace">;
}

/** One attempt at one mail. Throws what stood in the way. */
export async function deliver({ db, tx, env, mesh, context }: Delivery, id: string): Promise<void> {
  const mail = await db
    .select({
      id: notifications.id,
      subject: notifications.subject,
      text: notifications.text,
      sentAt: notifications.sentAt,
      userId: sql<
        string | null
      >`COALESCE(user_id, (SELECT user_id FROM customers WHERE customers.order_id = notifications.order_id))`,
    })
    .from(notifications)
    .where(eq(notifications.id, id))
    .get();
  if (!mail || mail.sentAt !== null) return;
  if (mail.userId === null) throw meshError("UNAVAILABLE", "No event has told yet whose order it is.");
  const transport = transportOf(env);
  const { email } = await mesh.users.getContact({ id: mail.userId });
  const { traceId } = context.trace;
  await transport.send({ id, to: email, subject: mail.subject, text: mail.text, traceId });
  tx.add(db.update(notifications).set({ recipient: email, sentAt: tx.now }).where(eq(notifications.id, id)));
}
