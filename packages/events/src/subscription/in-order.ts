import { describe, log, type Work } from "@weft/mesh";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { sourceOf } from "../log/envelope.ts";
import { type Applier, type Arrival, attempt, type Attempted, fieldsOf } from "./attempt.ts";
import { logEvent } from "./event-line.ts";
import { contextOf } from "./inbox.ts";
import { bindingTo } from "../log/binding.ts";
import { readPublisherLog } from "./publisher-log.ts";
import { dueSubjects, holdSubject, passSubject, release, stateOf } from "./subjects.ts";

/** Subjects that one cron run goes on with. */
const DUE_AT_ONCE = 100;

/**
 * Applies an event after all earlier ones of its subject, which it fetches from the publisher's log where they are
 * missing. Never throws; what keeps it from looking at the subject or the log is no failure of the event's own.
 */
export async function attemptInOrder(applier: Applier, arrival: Arrival): Promise<Attempted> {
  const { event, context } = arrival;
  const { source, subject, subjectsequence } = event;
  try {
    const state = await stateOf(databaseOf(applier.work), event);
    if (subjectsequence <= state.seq) return { outcome: "duplicate" };
    if (state.heldBy !== undefined && state.heldBy !== event.id) return { outcome: "held" };
    if (
      subjectsequence > state.seq + 1 &&
      !(await applySubject(applier, subject, state.seq, subjectsequence))
    )
      return { outcome: "held" };
    const attempted = await attemptNext(applier, arrival);
    // Others may have come and gone while it was tried again and again.
    if (state.heldBy !== undefined && attempted.outcome !== "failed") await goOn(applier, subject);
    return attempted;
  } catch (error) {
    log("warn", "order", { source, subject, traceId: context.trace.traceId, cause: describe(error) });
    return { outcome: "failed", error, dead: false };
  }
}

/** Applies what has waited for an event that is dealt with now. What cannot be fetched is left to the cron. */
export async function goOn(applier: Applier, subject: string): Promise<void> {
  const db = databaseOf(applier.work);
  const source = sourceOf(applier.subscription.contract.name);
  try {
    const { seq } = await stateOf(db, { source, subject });
    if (await applySubject(applier, subject, seq)) await db.batch([release(db, source, subject)]);
  } catch (error) {
    log("warn", "order", { source, subject, cause: describe(error) });
  }
}

/** Goes on with the subjects whose waiting events could not be fetched when they were due. Never throws. */
export async function goOnWithAll(applier: Applier): Promise<void> {
  const source = sourceOf(applier.subscription.contract.name);
  try {
    const due = await dueSubjects(databaseOf(applier.work), source, DUE_AT_ONCE);
    for (const subject of due) await goOn(applier, subject);
  } catch (error) {
    log("warn", "order", { source, cause: describe(error) });
  }
}

/**
 * Applies a subject's events from the publisher's log: those after a place in the subject, up to another one or all.
 * Returns false at the first one that cannot be applied. Throws if the log cannot be read, or lacks some of them.
 */
async function applySubject(
  applier: Applier,
  subject: string,
  after: number,
  until = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  const { subscriber, subscription } = applier;
  const { scope } = applier.work.open();
  const publisher = bindingTo(scope, subscription);
  if (!publisher) throw new Error(`There is no binding to the log of ${subscription.contract.name}.`);
  for (let at = after; ;) {
    const { items, head } = await readPublisherLog(scope, subscription, publisher, { subject, after: at });
    for (const event of items) {
      if (event.subjectsequence >= until) return true;
      const context = contextOf(event);
      const attempted = await attemptNext(applier, { event, context, via: "log", along: () => [] });
      const failed = attempted.outcome === "failed";
      if (attempted.outcome !== "ignored")
        logEvent(failed ? "error" : "info", subscriber, event, context, {
          via: "log",
          ...fieldsOf(attempted),
        });
      if (failed) return false;
      at = event.subjectsequence;
    }
    if (at + 1 >= until || (at >= head && until === Number.POSITIVE_INFINITY)) return true;
    if (items.length === 0)
      throw new Error(`The log has no event ${at + 1} of ${subject}: was it restored to an earlier state?`);
  }
}

/** Tries the next event of a subject. */
async function attemptNext(applier: Applier, { along, ...arrival }: Arrival): Promise<Attempted> {
  const { event } = arrival;
  const attempted = await attempt(
    applier,
    { ...arrival, along: (db) => [...along(db), passSubject(db, event)] },
    (db) => [holdSubject(db, event)],
  );
  if (attempted.outcome === "ignored" || attempted.outcome === "duplicate") {
    const db = databaseOf(applier.work);
    await db.batch([passSubject(db, event)]);
  }
  return attempted;
}

function databaseOf(work: Work): AnyDatabase {
  return work.open().resources.db as AnyDatabase;
}
