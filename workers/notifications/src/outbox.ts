import { and, eq, inArray, lte, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import * as schema from "./schema.ts";
import type { Mail } from "./templates.ts";

export type Db = DrizzleD1Database<typeof schema>;

const { customers, notifications } = schema;

/** How long a sender has a mail for itself, ms: well above the time limits of all that sending waits for. */
const LEASE = 60_000;
const FIRST_RETRY = 10_000;
const SLOWEST_RETRY = 60 * 60_000;
/** Age at which a mail is not tried again, ms: at least 4 days, as RFC 5321 (4.5.4.1) wants of mail servers. */
const GIVE_UP = 4 * 24 * 60 * 60_000;

interface Cause {
  readonly id: string;
  readonly traceparent: string;
  readonly data: { readonly orderId: string };
}

/** Puts a rendered mail into the outbox, once for each event. */
export function enqueue(db: Db, { id, traceparent, data }: Cause, { subject, text }: Mail, now: number) {
  return db
    .insert(notifications)
    .values({
      id: `ntf_${id}`,
      eventId: id,
      orderId: data.orderId,
      subject,
      text,
      status: "queued",
      dueAt: now,
      traceparent,
      createdAt: now,
    })
    .onConflictDoNothing({ target: notifications.eventId });
}

export function rememberCustomer(db: Db, { orderId, userId }: { orderId: string; userId: string }) {
  return db.insert(customers).values({ orderId, userId }).onConflictDoNothing();
}

export type Claimed = Awaited<ReturnType<typeof claim>>[number];

/** Takes up to `limit` mails that are due; until their lease ends nobody else gets them. */
export function claim(db: Db, limit: number, now: number) {
  const due = db
    .select({ id: notifications.id })
    .from(notifications)
    .where(lte(notifications.dueAt, now))
    .orderBy(notifications.dueAt)
    .limit(limit);
  return db
    .update(notifications)
    .set({ dueAt: now + LEASE, attempts: sql`${notifications.attempts} + 1` })
    .where(inArray(notifications.id, due))
    .returning({
      id: notifications.id,
      subject: notifications.subject,
      text: notifications.text,
      attempts: notifications.attempts,
      createdAt: notifications.createdAt,
      traceparent: notifications.traceparent,
      /** Null as long as no event of the order has come. */
      userId: sql<
        string | null
      >`(SELECT user_id FROM customers WHERE customers.order_id = notifications.order_id)`,
    });
}

export async function markSent(db: Db, { id }: Claimed, recipient: string, now: number): Promise<void> {
  await db
    .update(notifications)
    .set({ status: "sent", recipient, sentAt: now, dueAt: null })
    .where(eq(notifications.id, id));
}

/** `queued` if the transport never had it, `failed` if the transport did not take it. */
export async function postpone(
  db: Db,
  { id, attempts, createdAt }: Claimed,
  { status, retryable }: { status: "queued" | "failed"; retryable: boolean },
  now: number,
): Promise<void> {
  const over = !retryable || now - createdAt >= GIVE_UP;
  const wait = Math.min(SLOWEST_RETRY, FIRST_RETRY * 2 ** (attempts - 1));
  await db
    .update(notifications)
    .set(over ? { status: "failed", dueAt: null } : { status, dueAt: now + wait })
    // Whoever took it after this attempt's lease had ended has the say.
    .where(and(eq(notifications.id, id), eq(notifications.attempts, attempts)));
}
