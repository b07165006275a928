import { type EventTypes, meshError } from "@weft/mesh";
import type * as z from "zod";
import type { AnyDatabase, Tx } from "../database/unit-of-work.ts";
import { type Aggregate, applyEvent } from "./aggregate.ts";
import type { Loaded } from "./load.ts";
import { snapshots } from "./schema.ts";

export interface AppendOptions {
  /**
   * The version that whoever asked for this has seen. If it is no longer the newest the answer is CONFLICT: only they
   * can tell whether they still want it.
   */
  readonly expected?: number | undefined;
}

/**
 * Adds an event to a loaded subject, in this unit of work, and gives the subject as it is after it. If somebody else
 * appends first, the handler runs again, loads what has become of the subject and decides anew. Every event of such a
 * subject is to be appended like this.
 */
export function append<S, E extends EventTypes, T extends keyof E & string>(
  { db, tx }: { db: AnyDatabase; tx: Tx<E> },
  aggregate: Aggregate<S, E>,
  { subject, state, version }: Loaded<S>,
  type: T,
  data: z.input<E[T]>,
  { expected = version }: AppendOptions = {},
): Loaded<S> {
  if (expected !== version)
    throw meshError("CONFLICT", `${subject} has come to version ${version}; this builds on ${expected}.`);
  const valid = tx.emit(type, subject, data, { after: version });
  const next = {
    subject,
    state: applyEvent(aggregate, state, { type, subject, version: version + 1, time: tx.now, data: valid }),
    version: version + 1,
  };
  if (aggregate.snapshots && next.version % aggregate.snapshots.every === 0) {
    const row = {
      version: next.version,
      stateVersion: aggregate.snapshots.version,
      state: next.state as object,
    };
    tx.add(
      db
        .insert(snapshots)
        .values({ aggregate: aggregate.name, subject, ...row })
        .onConflictDoUpdate({ target: [snapshots.aggregate, snapshots.subject], set: row }),
    );
  }
  return next;
}
