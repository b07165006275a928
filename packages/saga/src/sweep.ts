import { describe, log } from "@weft/mesh";
import { RETENTION } from "./retention.ts";
import type { SagaIndex } from "./saga-index.ts";
import type { SagaObject } from "./saga-object.ts";

/** A saga whose time has passed by this much, ms, is asked; before, its own alarm is trusted. */
export const OVERDUE = 45_000;
const AT_ONCE = 100;
/** Wait before a saga that could not be woken is tried again, besides OVERDUE, ms. */
const PENALTY = 5 * 60_000;

/**
 * Wakes every saga that should have gone on long ago, and brings the index up to date with what they answer. Sagas
 * that ended long ago are woken to be forgotten, a few at a time.
 */
export async function sweep(
  index: SagaIndex,
  objectOf: (id: string) => SagaObject,
  now: number,
): Promise<void> {
  const overdue = await index.overdue(now - OVERDUE, AT_ONCE);
  const expired = await index.expired(now - RETENTION - OVERDUE, now, AT_ONCE);
  await Promise.all(
    [...overdue, ...expired].map(async ({ id, definition }) => {
      try {
        const snapshot = await objectOf(id).resume();
        if (snapshot) await index.publish(snapshot);
        // The object was there before the index knew of it, so its storage was deleted.
        else await index.forget(id);
      } catch (error) {
        log("error", "saga could not be woken", { saga: id, definition, cause: describe(error) });
        // A hundred sagas that cannot be woken must not keep those behind them asleep.
        await index
          .postpone(id, now + PENALTY)
          .catch((cause: unknown) =>
            log("error", "saga could not be postponed", { saga: id, definition, cause: describe(cause) }),
          );
      }
    }),
  );
}
