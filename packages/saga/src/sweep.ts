import { describe, log } from "@weft/mesh";
import type { SagaIndex } from "./saga-index.ts";
import type { SagaObject } from "./saga-object.ts";

/** A saga whose time has passed by this much, ms, is asked; before, its own alarm is trusted. */
const OVERDUE = 60_000;
/** A registered saga that never began is forgotten after this, ms: its starter has long given up. */
const ABANDONED = 600_000;
const AT_ONCE = 100;

/** Wakes every saga that should have gone on long ago, and brings the index up to date with what they answer. */
export async function sweep(index: SagaIndex, objectOf: (id: string) => SagaObject, now: number): Promise<void> {
  const overdue = await index.overdue(now - OVERDUE, AT_ONCE);
  await Promise.all(
    overdue.map(async ({ id, definition, startedAt }) => {
      try {
        const snapshot = await objectOf(id).resume();
        if (snapshot) await index.publish(snapshot);
        else if (startedAt < now - ABANDONED) await index.forget(id);
      } catch (error) {
        // One saga that cannot be woken must not keep the others asleep; the next sweep tries again.
        log("error", "saga could not be woken", { saga: id, definition, cause: describe(error) });
      }
    }),
  );
}
