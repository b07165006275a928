import { describe, log } from "@weft/mesh";
import { RETENTION } from "./retention.ts";
import type { IndexRow, SagaIndex } from "./saga-index.ts";
import type { SagaObjects } from "./shard/places.ts";
import type { SagaSnapshot } from "./snapshot.ts";

/** A saga whose time has passed by this much, ms, is asked; before, its own alarm is trusted. */
export const OVERDUE = 45_000;
const AT_ONCE = 100;
/** Wait before a saga that could not be woken is tried again, besides OVERDUE, ms. */
const PENALTY = 5 * 60_000;

/**
 * Sees that every object which many sagas share has its alarm. Wakes every saga that should have gone on long ago, and
 * brings the index up to date with what they answer. Those that ended long ago are forgotten, a few at a time; waking them
 * lets their objects see what they need not store any more.
 */
export async function sweep(index: SagaIndex, objects: SagaObjects, now: number): Promise<void> {
  const wake = (row: IndexRow, then: (snapshot: SagaSnapshot | undefined) => Promise<void>) =>
    objects
      .of(row.id)
      .resume(row.id)
      .then(then)
      // A hundred sagas that cannot be woken must not keep those behind them asleep.
      .catch((error: unknown) => postpone(index, row, now + PENALTY, error));
  const overdue = await index.overdue(now - OVERDUE, AT_ONCE);
  const expired = await index.expired(now - RETENTION - OVERDUE, now, AT_ONCE);
  await Promise.all([
    ...objects.shared.map((object) =>
      object
        .restore()
        .catch((error: unknown) =>
          log("error", "object of sagas could not be reached", { cause: describe(error) }),
        ),
    ),
    ...overdue.map((row) => wake(row, async (snapshot) => index.publish(snapshot ?? unknown()))),
    ...expired.map((row) => wake(row, () => index.forget(row.id))),
  ]);
}

async function postpone(index: SagaIndex, row: IndexRow, until: number, why: unknown): Promise<void> {
  const about = { saga: row.id, definition: row.definition };
  log("error", "saga could not be woken", { ...about, cause: describe(why) });
  await index
    .postpone(row.id, until)
    .catch((error: unknown) =>
      log("error", "saga could not be postponed", { ...about, cause: describe(error) }),
    );
}

function unknown(): never {
  throw new Error("Its object does not know it: name in `formerly` how sagas were spread when it began.");
}
