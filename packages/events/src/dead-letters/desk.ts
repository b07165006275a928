import { fieldErrors, describe, meshError, MeshError } from "@weft/mesh";
import { and, eq } from "drizzle-orm";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";
import { Envelope } from "../log/envelope.ts";
import { findLetter, type DeadLetter, shown } from "./list.ts";
import type { LetterRow } from "./letter.ts";
import { recordFailure, settle } from "./record.ts";
import { deadLetters } from "./schema.ts";

/** What a subscriber does with a letter that an operator has decided on. */
export interface Appliance {
  /** Applies the event, once in all, and settles the letter in the same batch. Throws why it could not be applied. */
  apply(event: Envelope, settled: Statement): Promise<void>;
  /** Passes the event over for good, and settles the letter in the same batch. */
  pass(event: Envelope, settled: Statement): Promise<void>;
}

/** Replaces the message. An event stays the one that it is, or it could take effect twice. */
export async function edit(db: AnyDatabase, id: string, body: unknown): Promise<DeadLetter> {
  const letter = await findLetter(db, id);
  refuseSettled(letter);
  const parsed = Envelope.safeParse(body);
  if (!parsed.success)
    throw meshError("VALIDATION_FAILED", "The message must be an event (CloudEvents 1.0).", {
      errors: fieldErrors(parsed.error).map((each) => ({ ...each, pointer: `/body${each.pointer}` })),
    });
  const changed = changedIdentity(letter, parsed.data);
  if (changed)
    throw meshError("VALIDATION_FAILED", `The event's ${changed} tells which event it is.`, {
      errors: [{ pointer: `/body/${changed}`, message: "Must stay as it is" }],
    });
  await db
    .update(deadLetters)
    .set({ body, type: parsed.data.type })
    .where(and(eq(deadLetters.id, id), eq(deadLetters.status, letter.status)));
  return shown(await findLetter(db, id));
}

/** Tries once more. A failure is noted in the letter's history, and the letter stays dead. */
export async function replay(
  db: AnyDatabase,
  id: string,
  appliance: Appliance,
  now: number,
): Promise<DeadLetter> {
  const letter = await findLetter(db, id);
  if (letter.status === "replayed") return shown(letter);
  refuseSettled(letter);
  try {
    const event = Envelope.parse(letter.body);
    await appliance.apply(event, settle(db, id, "replayed", now));
  } catch (error) {
    await db.batch([recordFailure(db, letter, { at: now, via: "replay", error: describe(error) })]);
  }
  return shown(await findLetter(db, id));
}

/** Gives the message up. Its event counts as dealt with, so neither queue nor log brings it back. */
export async function discard(
  db: AnyDatabase,
  id: string,
  reason: string,
  appliance: Appliance,
  now: number,
): Promise<DeadLetter> {
  const letter = await findLetter(db, id);
  if (letter.status === "discarded") return shown(letter);
  refuseSettled(letter);
  const settled = settle(db, id, "discarded", now, reason);
  const event = Envelope.safeParse(letter.body);
  if (!event.success) await db.batch([settled] as never);
  else await appliance.pass(event.data, settled);
  return shown(await findLetter(db, id));
}

function refuseSettled({ status }: Pick<LetterRow, "status">): void {
  if (status === "failing" || status === "dead") return;
  throw new MeshError("DEAD_LETTER_SETTLED", {
    status: 409,
    title: "This dead letter is settled",
    detail: `It was ${status}: there is nothing left to do with it.`,
  });
}

const IDENTITY = ["source", "id", "subject", "sequence", "subjectsequence"] as const;

/** A message that was no event may become any. */
function changedIdentity(letter: LetterRow, event: Envelope): (typeof IDENTITY)[number] | undefined {
  const before = Envelope.safeParse(letter.body);
  return before.success ? IDENTITY.find((name) => event[name] !== before.data[name]) : undefined;
}
