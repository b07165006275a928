import { type Context, describe, type Work } from "@weft/mesh";
import { letterOf } from "../dead-letters/letter.ts";
import { isOutage } from "../dead-letters/outage.ts";
import { recordFailure } from "../dead-letters/record.ts";
import type { Failure } from "../dead-letters/schema.ts";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";
import type { Envelope } from "../log/envelope.ts";
import { isForgotten } from "../retention/inbox.ts";
import { logEvent } from "./event-line.ts";
import { type Along, applyOnce, type Outcome } from "./inbox.ts";
import type { Subscription } from "./subscription.ts";

/** Where events are applied. */
export interface Applier {
  /** The subscriber's name. */
  readonly subscriber: string;
  readonly work: Work;
  readonly subscription: Subscription;
}

/** One event on its way in. */
export interface Arrival {
  readonly event: Envelope;
  /** Of the trace that the event belongs to. */
  readonly context: Context;
  readonly via: Failure["via"];
  readonly along: Along;
}

/**
 * - `held`: an earlier event of the subject comes first; this one is fetched from the log after it.
 * - `failed`: `dead` if it waits for an operator now, and need not be tried again.
 */
export type Attempted =
  | { readonly outcome: Outcome | "held" }
  | { readonly outcome: "failed"; readonly error: unknown; readonly dead: boolean };

/** Tries to apply an event and notes in its dead letter if that fails, with `also` in the same batch. Never throws. */
export async function attempt(
  applier: Applier,
  { event, context, via, along }: Arrival,
  also: Along = () => [],
): Promise<Attempted> {
  const { subscription, work } = applier;
  try {
    // An ordered one knows its subject's place, and has to go on from there.
    if (
      via === "queue" &&
      !subscription.ordered &&
      (await isForgotten(databaseOf(work, context), event, Date.now()))
    )
      return { outcome: "duplicate" };
    return { outcome: await applyOnce(work, subscription, event, context, along) };
  } catch (error) {
    // A replay's failure belongs to the letter that is replayed; whoever replays it notes it there.
    if (via === "replay") return { outcome: "failed", error, dead: true };
    const failure = { at: Date.now(), via, error: describe(error), outage: isOutage(error) };
    return { outcome: "failed", error, dead: await noteFailure(applier, event, context, failure, also) };
  }
}

/** Whether the event is dead now. A database that cannot take the note will not have taken the event either. */
async function noteFailure(
  { subscriber, work }: Applier,
  event: Envelope,
  context: Context,
  failure: Failure,
  also: Along,
): Promise<boolean> {
  try {
    const db = databaseOf(work, context);
    const [noted] = await db.batch([
      recordFailure(db, letterOf(event), failure),
      ...(also(db) as readonly [Statement]),
    ]);
    return noted[0]?.status === "dead";
  } catch (cause) {
    logEvent("error", subscriber, event, context, {
      outcome: "unrecorded",
      cause: describe(cause),
    });
    return false;
  }
}

function databaseOf(work: Work, context: Context): AnyDatabase {
  return work.open(context).resources.db as AnyDatabase;
}

/** The fields of an event's log line that tell how it went. */
export function fieldsOf(attempted: Attempted): Record<string, unknown> {
  if (attempted.outcome !== "failed") return { outcome: attempted.outcome };
  return { outcome: attempted.dead ? "dead" : "failed", cause: describe(attempted.error) };
}
