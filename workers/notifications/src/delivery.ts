import type { users } from "@shop/users/contract";
import {
  type Client,
  childOf,
  describe,
  log,
  type Mesh,
  meshError,
  newTrace,
  parseTraceparent,
  type Plugin,
  rootContext,
  toMeshError,
  type Work,
} from "@weft/mesh";
import { type Claimed, claim, type Db, markSent, postpone } from "./outbox.ts";
import { type MailEnv, type Transport, transportOf } from "./transport.ts";

/** Mails sent side by side. */
const AT_ONCE = 10;
/** Rounds in one run: work after an answer has 30 s at most on Workers. */
const ROUNDS = 3;

/** What no later attempt will change. */
const PERMANENT = new Set(["MAIL_REFUSED", "USER_NOT_FOUND"]);

type UsersClient = Client<typeof users>;

interface Resources {
  env: MailEnv;
  db: Db;
  mesh: Mesh<{ users: typeof users }>;
}

export type Outcome = "sent" | "postponed";

/** Sends what is due: after each batch of events, as soon as they are committed, and every minute what is left. */
export function delivery(): Plugin {
  return {
    // After the subscriptions in the list of plugins, so their mails are in the outbox by now.
    async queue(_, work) {
      work.open().scope.waitUntil(deliverDue(work));
    },
    scheduled: (_, work) => deliverDue(work),
  };
}

async function deliverDue(work: Work): Promise<void> {
  const { scope, resources } = work.open();
  const { env, db } = resources as unknown as Resources;
  try {
    const transport = transportOf(env);
    for (let round = 0; round < ROUNDS; round++) {
      const claimed = await claim(db, AT_ONCE, Date.now());
      const outcomes = await Promise.all(
        claimed.map((mail) => deliver(db, usersFor(work, mail), transport, mail)),
      );
      // Nothing sent: what all of them need is down, and the rest can wait as well.
      if (!outcomes.includes("sent")) return;
    }
  } catch (error) {
    log("error", "delivery", { service: scope.service, cause: describe(error) });
  }
}

/** A client whose calls belong to the trace of the event that the mail tells of. */
function usersFor(work: Work, { traceparent }: Claimed): UsersClient {
  const trace = parseTraceparent(traceparent);
  const { resources } = work.open(rootContext(trace ? childOf(trace) : newTrace()));
  return (resources as unknown as Resources).mesh.users;
}

/** One attempt at one mail, and what came of it written down; were that lost, the lease's end brings the mail back. */
export async function deliver(
  db: Db,
  users: Pick<UsersClient, "getContact">,
  transport: Transport,
  mail: Claimed,
  now: () => number = Date.now,
): Promise<Outcome> {
  let status: "queued" | "failed" = "queued";
  try {
    const to = await addressOf(mail, users);
    status = "failed";
    await transport.send({ id: mail.id, to, subject: mail.subject, text: mail.text });
    await markSent(db, mail, to, now());
    return "sent";
  } catch (error) {
    const retryable = !PERMANENT.has(toMeshError(error).code);
    log("warn", "mail not sent", { id: mail.id, attempts: mail.attempts, retryable, cause: describe(error) });
    await postpone(db, mail, { status, retryable }, now());
    return "postponed";
  }
}

async function addressOf({ userId }: Claimed, users: Pick<UsersClient, "getContact">): Promise<string> {
  if (userId === null) throw meshError("UNAVAILABLE", "No event has told yet whose order it is.");
  return (await users.getContact({ id: userId })).email;
}
