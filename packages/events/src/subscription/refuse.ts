import { describe, type Work } from "@weft/mesh";
import { strayLetter } from "../dead-letters/letter.ts";
import { recordFailure } from "../dead-letters/record.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { retryLater } from "./retry-later.ts";

/**
 * Notes a message that is no event. Whoever sends it may send better ones in its place, so it gets its retries. Tells
 * `line` what became of it; never throws.
 */
export async function refuse(
  message: Message,
  cause: unknown,
  queue: string,
  work: Work,
  line: (fields: { outcome: "failed" | "dead" | "unrecorded"; cause: string }) => void,
): Promise<void> {
  const error = describe(cause);
  try {
    const db = work.open().resources.db as AnyDatabase;
    const failure = { at: Date.now(), via: "queue", error } as const;
    const [[noted]] = await db.batch([recordFailure(db, await strayLetter(queue, message.body), failure)]);
    const dead = noted?.status === "dead";
    if (dead) message.ack();
    else retryLater(message);
    line({ outcome: dead ? "dead" : "failed", cause: error });
  } catch (thrown) {
    retryLater(message, thrown);
    line({ outcome: "unrecorded", cause: `${error}; not noted: ${describe(thrown)}` });
  }
}
