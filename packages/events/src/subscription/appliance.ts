import type { Work } from "@weft/mesh";
import { type Appliance, EVENT } from "../dead-letters/desk.ts";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";
import { type Envelope, sourceOf } from "../log/envelope.ts";
import type { Applier } from "./attempt.ts";
import { lookAgain } from "./cursor.ts";
import { goOn } from "./in-order.ts";
import { contextOf, noteApplied } from "./inbox.ts";
import { receive } from "./receive.ts";
import { passSubject } from "./subjects.ts";
import type { Subscription } from "./subscription.ts";

/** How a subscriber carries out what operators decide: replays go the way of every event. */
export function applianceOf(
  subscriber: string,
  work: Work,
  from: readonly Subscription[],
): Appliance<Envelope> {
  const applierOf = ({ source }: Envelope): Applier | undefined => {
    const subscription = from.find(({ contract }) => sourceOf(contract.name) === source);
    return subscription && { subscriber, work, subscription };
  };
  const database = () => work.open().resources.db as AnyDatabase;
  return {
    kind: EVENT,
    async apply(event, settled) {
      const applier = applierOf(event);
      if (!applier) throw new Error(`${subscriber} has no subscription from ${event.source}.`);
      const db = database();
      const along = () => [settled, lookAgain(db, event.source)];
      const attempted = await receive(applier, { event, context: contextOf(event), via: "replay", along });
      if (attempted.outcome === "failed") throw attempted.error;
      if (attempted.outcome === "held")
        throw new Error(`An earlier event of ${event.subject} has failed: settle that one first.`);
      // Applied before, or nothing to be done: then only the letter is left.
      if (attempted.outcome !== "applied") await db.batch([settled, lookAgain(db, event.source)]);
    },
    async pass(event, settled) {
      const applier = applierOf(event);
      const db = database();
      const statements: Statement[] = [
        noteApplied(db, event, Date.now()).onConflictDoNothing(),
        lookAgain(db, event.source),
      ];
      if (applier?.subscription.ordered) statements.push(passSubject(db, event));
      await db.batch([settled, ...statements]);
      if (applier?.subscription.ordered) await goOn(applier, event.subject);
    },
  };
}
